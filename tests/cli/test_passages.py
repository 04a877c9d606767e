from __future__ import annotations

from pathlib import Path

import pytest

from fairlead.cli.passages import passages
from fairlead.errors import InvalidRequest


def test_lines_keep_their_numbers_where_others_are_left_out(tmp_path: Path):
    path = tmp_path / "a.txt"
    path.write_bytes("\ufeffone\r\n\r\n---\r\nzwölf\r\n".encode())
    found = passages([str(path)], whole=False)
    assert [(item.text, item.place) for item in found] == [
        ("one", f"{path}:1"),
        ("zwölf", f"{path}:4"),
    ]


def test_a_file_of_nothing_is_nothing_to_search(tmp_path: Path):
    path = tmp_path / "a.txt"
    path.write_text("\n \n")
    with pytest.raises(InvalidRequest, match="nothing to search"):
        passages([str(path)], whole=True)


def test_a_binary_file_is_refused(tmp_path: Path):
    path = tmp_path / "a.bin"
    path.write_bytes(b"a\0b")
    with pytest.raises(InvalidRequest, match="binary file"):
        passages([str(path)], whole=False)
