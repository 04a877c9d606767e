"""Files for one person: made private, replaced whole, refused when they are not private."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.auth.dialogue import shown

from fairlead.errors import ConfigError
from fairlead.keys.private_files import open_private, read_private, write_private

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no modes")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config" / "tokens" / "google.json"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_file_and_its_folder_are_for_the_owner_alone(path: Path) -> None:
    before = os.umask(0)
    try:
        write_private(path, b"one")
    finally:
        os.umask(before)
    assert (mode(path), mode(path.parent)) == (0o600, 0o700)
    assert read_private(path) == b"one"


@pytest.mark.fault("R7", "the old file or the new one, never half of one; its owner's alone")
def test_a_file_is_replaced_whole_and_leaves_nothing_beside_it(path: Path) -> None:
    write_private(path, b"one")
    with path.open("rb") as reader:
        write_private(path, b"two")
        assert reader.read() == b"one"
    assert read_private(path) == b"two"
    assert [entry.name for entry in path.parent.iterdir()] == ["google.json"]


def test_what_is_not_there_is_none(path: Path) -> None:
    assert read_private(path) is None
    path.parent.mkdir(parents=True, mode=0o700)
    assert read_private(path) is None


@pytest.mark.parametrize("bits", [0o640, 0o604, 0o620, 0o666])
def test_a_file_that_others_can_open_is_refused(path: Path, bits: int) -> None:
    write_private(path, b"canary")
    path.chmod(bits)
    with pytest.raises(ConfigError, match="can be read by others; run chmod 600") as caught:
        read_private(path)
    assert "canary" not in shown(caught.value)


def test_a_folder_that_others_can_open_is_refused_for_reading_and_writing(path: Path) -> None:
    write_private(path, b"one")
    path.parent.chmod(0o755)
    with pytest.raises(ConfigError, match="can be read by others; run chmod 700"):
        read_private(path)
    with pytest.raises(ConfigError, match="chmod 700") as caught:
        write_private(path, b"canary")
    assert "canary" not in shown(caught.value)
    with pytest.raises(ConfigError, match="chmod 700"):
        open_private(path.with_suffix(".lock"))


def test_a_link_in_place_of_the_file_is_refused(path: Path, tmp_path: Path) -> None:
    write_private(path, b"one")
    elsewhere = tmp_path / "elsewhere"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)
    with pytest.raises(ConfigError, match="it is a link"):
        read_private(path)
    with pytest.raises(ConfigError, match="it is a link"):
        open_private(path)
    write_private(path, b"two")
    assert elsewhere.read_bytes() == b"one"
    assert not path.is_symlink()


def test_a_link_in_place_of_the_folder_is_refused(path: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    write_private(elsewhere / "google.json", b"one")
    path.parent.parent.mkdir()
    path.parent.symlink_to(elsewhere)
    with pytest.raises(ConfigError, match="is a link"):
        read_private(path)
    with pytest.raises(ConfigError, match="is a link"):
        write_private(path, b"two")


def test_a_folder_or_a_pipe_in_place_of_the_file_is_refused(path: Path) -> None:
    path.mkdir(parents=True, mode=0o700)
    path.parent.chmod(0o700)
    with pytest.raises(ConfigError, match="not what it should be"):
        read_private(path)
    path.rmdir()
    os.mkfifo(path, 0o600)
    with pytest.raises(ConfigError, match="not what it should be"):
        read_private(path)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root")
def test_a_file_of_another_user_is_refused(path: Path) -> None:
    write_private(path, b"one")
    os.chown(path, 12345, -1)
    with pytest.raises(ConfigError, match="belongs to another user"):
        read_private(path)


def test_a_huge_file_is_refused(path: Path) -> None:
    write_private(path, b"x" * 300_000)
    with pytest.raises(ConfigError, match="too long"):
        read_private(path)


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("a file where a folder should be")
    with pytest.raises(ConfigError, match="cannot write") as caught:
        write_private(tmp_path / "config" / "tokens" / "x.json", b"canary")
    assert "canary" not in shown(caught.value)


_WRITER = """
import sys
from pathlib import Path
from fairlead.keys.private_files import write_private
while True:
    for letter in (b"a", b"b"):
        write_private(Path(sys.argv[1]), letter * 50_000)
        print(end=".", flush=True)
"""


@pytest.mark.fault("R7")
def test_r7_whoever_is_killed_while_writing_leaves_one_whole_file(path: Path) -> None:
    for number in range(12):
        writer = subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(path)], stdout=subprocess.PIPE, bufsize=0
        )
        with writer:
            assert writer.stdout is not None
            writer.stdout.read(1)
            time.sleep(number * 0.0007)
            writer.kill()
        data = read_private(path)
        assert data is not None
        assert (len(data), len(set(data))) == (50_000, 1)
        assert mode(path) == 0o600
