from __future__ import annotations

import pytest

from fairlead.attachments import attach, part_of
from fairlead.errors import InvalidRequest
from fairlead.types.messages import Audio, File, Image, Text

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


def test_a_file_is_told_by_its_bytes_and_not_by_its_name(tmp_path) -> None:
    path = tmp_path / "picture.txt"
    path.write_bytes(PNG)

    assert attach(path) == Image(data=PNG, media_type="image/png")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"%PDF-1.7 x", File(data=b"%PDF-1.7 x", media_type="application/pdf", name="f")),
        (b"RIFF\0\0\0\0WAVEfmt ", Audio(b"RIFF\0\0\0\0WAVEfmt ", "audio/wav")),
        (b"\xff\xd8\xff\xe0", Image(data=b"\xff\xd8\xff\xe0", media_type="image/jpeg")),
        ("grüße".encode(), Text("f:\ngrüße")),
        (b"\xef\xbb\xbfhi", Text("f:\nhi")),
    ],
)
def test_each_kind_becomes_its_part(data, expected) -> None:
    assert part_of(data, "f") == expected


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b"caf\xe9", b"a\0b"])
def test_what_is_no_text_and_of_no_known_kind_is_refused(data) -> None:
    with pytest.raises(InvalidRequest, match=r"notes\.bin"):
        part_of(data, "notes.bin")


def test_a_missing_file_is_one_clear_sentence(tmp_path) -> None:
    with pytest.raises(InvalidRequest, match="cannot be read: No such file"):
        attach(tmp_path / "gone.png")


def test_a_folder_is_refused(tmp_path) -> None:
    with pytest.raises(InvalidRequest, match="cannot be read"):
        attach(tmp_path)


def test_an_address_is_passed_on_and_not_fetched() -> None:
    assert attach("https://example.com/a.PNG?x=1") == Image(url="https://example.com/a.PNG?x=1")
    assert attach("https://example.com/a.pdf") == File(
        url="https://example.com/a.pdf", name="a.pdf"
    )
