"""Forms that are read while they are sent."""

from __future__ import annotations

from email.parser import BytesParser
from email.policy import HTTP
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from fairlead.errors import InvalidRequest
from fairlead.framing.multipart import BytesBody, FileBody, FormField, Multipart


def read(form: Multipart, size: int = 7) -> bytes:
    reader = form.open()
    found = b""
    while piece := reader.read(size):
        assert len(piece) <= size
        found += piece
    reader.close()
    return found


def parsed(form: Multipart) -> list[tuple[str, str | None, bytes]]:
    """Names, file names and values, as Python's own parser reads them."""
    head = f"Content-Type: {form.content_type}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + read(form))
    return [
        (
            str(part.get_param("name", header="content-disposition")),
            part.get_filename(),
            part.get_payload(decode=True),
        )
        for part in message.iter_parts()
    ]


def test_another_parser_reads_back_what_was_put_in(tmp_path: Path) -> None:
    sound = tmp_path / "a.wav"
    sound.write_bytes(bytes(range(32, 127)) * 50)
    form = Multipart(
        [
            FormField("model", "whisper-1"),
            FormField("file", FileBody(sound, 4750), "a.wav", "audio/wav"),
        ]
    )
    assert parsed(form) == [
        ("model", None, b"whisper-1"),
        ("file", "a.wav", bytes(range(32, 127)) * 50),
    ]


@given(
    st.lists(st.tuples(st.text(), st.text() | st.binary()), max_size=5),
    st.integers(min_value=1, max_value=1000),
)
def test_the_size_is_known_before_a_byte_is_read(fields, piece) -> None:
    form = Multipart(
        [
            FormField(name, value if isinstance(value, str) else BytesBody(value))
            for name, value in fields
        ]
    )
    assert len(read(form, piece)) == form.size


@given(st.text(min_size=1))
def test_a_name_cannot_leave_its_quotes(name: str) -> None:
    data = read(Multipart([FormField(name, "x", f"{name}.wav")]))
    head = data.split(b"\r\n\r\n")[0]
    assert head.count(b"\r\n") == 1
    assert head.count(b'"') == 4


def test_equal_forms_are_equal_bytes() -> None:
    one, two = (Multipart([FormField("model", "m")]) for _ in range(2))
    assert one == two
    assert read(one) == read(two)
    assert one != Multipart([FormField("model", "n")])


def test_a_form_can_be_read_again_from_its_beginning() -> None:
    form = Multipart([FormField("file", BytesBody(b"abc"), "a.bin")])
    assert read(form) == read(form)


def test_a_media_type_cannot_hold_a_line_break() -> None:
    with pytest.raises(InvalidRequest, match="media type"):
        Multipart([FormField("file", BytesBody(b""), "a", "audio/wav\r\nX: y")])


def test_a_file_name_that_is_no_text_is_written_as_far_as_it_is() -> None:
    (found,) = parsed(Multipart([FormField("file", BytesBody(b"x"), "a\udcff.wav", "audio/wav")]))
    assert found == ("file", "a?.wav", b"x")


def test_a_value_that_is_no_text_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="prompt is not valid text"):
        Multipart([FormField("prompt", "\ud800")])
