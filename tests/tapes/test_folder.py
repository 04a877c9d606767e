"""A tape on the disk: whole files, in order, from several threads; other folders are left alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings, strategies as st
from msgspec.structs import replace
from tests.tapes.exchanges import exchanges
from tests.tapes.test_notation import EXAMPLE

from fairlead.errors import ConfigError
from fairlead.tapes.exchange import Exchange
from fairlead.tapes.folder import TapeFolder


def numbered(number: int) -> Exchange:
    return replace(EXAMPLE, request=replace(EXAMPLE.request, url=f"https://a/{number}"))


@given(st.lists(exchanges, min_size=1, max_size=5))
@settings(max_examples=25, deadline=None)
def test_any_sequence_is_read_as_it_was_written(sequence: list[Exchange]) -> None:
    with TemporaryDirectory() as place:
        folder = TapeFolder(Path(place) / "tape")
        for exchange in sequence:
            folder.add(folder.next_number(), exchange)

        assert TapeFolder(folder.path).read() == sequence


def test_exchanges_stand_in_the_order_of_their_requests(tape: Path) -> None:
    folder = TapeFolder(tape)
    first, second = folder.next_number(), folder.next_number()
    folder.add(second, numbered(2))
    folder.add(first, numbered(1))

    assert folder.read() == [numbered(1), numbered(2)]


def test_threads_and_recorders_that_share_a_tape_lose_nothing(tape: Path) -> None:
    folders = [TapeFolder(tape), TapeFolder(tape)]

    def add(turn: int) -> None:
        folder = folders[turn % 2]
        folder.add(folder.next_number(), numbered(turn))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(60)))

    urls = {exchange.request.url for exchange in TapeFolder(tape).read()}
    assert urls == {f"https://a/{turn}" for turn in range(60)}
    assert list(tape.glob("*.part")) == []


def test_a_tape_goes_on_behind_what_is_on_it(tape: Path) -> None:
    for turn in (1, 2):
        folder = TapeFolder(tape)
        folder.add(folder.next_number(), numbered(turn))

    assert TapeFolder(tape).read() == [numbered(1), numbered(2)]


def test_erasing_takes_exchanges_away_and_nothing_else(tape: Path) -> None:
    folder = TapeFolder(tape)
    folder.add(1, EXAMPLE)
    (tape / "notes.md").write_text("mine")
    folder.erase()

    assert not folder.exists
    assert (tape / "notes.md").read_text() == "mine"


def test_a_folder_of_other_things_is_no_place_for_a_tape(tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(b"x")

    with pytest.raises(ConfigError, match="holds other things than a tape"):
        TapeFolder(tmp_path).check()
    with pytest.raises(ConfigError, match="is a file, and a tape is a folder"):
        TapeFolder(tmp_path / "photo.png").check()


def test_a_tape_that_is_not_there_is_told(tape: Path) -> None:
    with pytest.raises(ConfigError, match="there is no tape at"):
        TapeFolder(tape).read()
    tape.mkdir()
    with pytest.raises(ConfigError, match="holds no exchanges"):
        TapeFolder(tape).read()


def test_a_half_written_file_is_named(tape: Path) -> None:
    TapeFolder(tape).add(1, EXAMPLE)
    (path,) = tape.glob("*.tape.txt")
    path.write_bytes(path.read_bytes()[:-9])

    with pytest.raises(ConfigError, match=r"0001-post-v1-x\.tape\.txt is half written"):
        TapeFolder(tape).read()


def test_bytes_that_are_no_text_are_refused(tape: Path) -> None:
    TapeFolder(tape).add(1, EXAMPLE)
    (path,) = tape.glob("*.tape.txt")
    path.write_bytes(b"\xff\xfe")

    with pytest.raises(ConfigError, match="is not UTF-8"):
        TapeFolder(tape).read()


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(ConfigError, match="cannot be written: Not a directory"):
        TapeFolder(tmp_path / "file" / "tape").add(1, EXAMPLE)


def test_a_link_in_the_place_of_the_attributes_is_not_followed(tape: Path, tmp_path: Path) -> None:
    tape.mkdir()
    (tape / ".gitattributes").symlink_to(tmp_path / "elsewhere")
    TapeFolder(tape).add(1, EXAMPLE)

    assert not (tmp_path / "elsewhere").exists()
    assert TapeFolder(tape).read() == [EXAMPLE]
