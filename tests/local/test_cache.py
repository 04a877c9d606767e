from __future__ import annotations

import errno
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from fairlead.errors import LocalModelError
from fairlead.local.cache import disk_errors, exclusive, models_folder


def test_the_override_decides_the_folder(tmp_path: Path) -> None:
    assert models_folder({"FAIRLEAD_CACHE": str(tmp_path)}) == tmp_path / "models"


@pytest.mark.skipif(sys.platform != "linux", reason="the XDG folders are of Linux")
def test_the_xdg_folder_is_used_and_a_relative_one_ignored(tmp_path: Path) -> None:
    expected = tmp_path / "fairlead" / "models"
    assert models_folder({"XDG_CACHE_HOME": str(tmp_path)}) == expected
    home = Path.home() / ".cache" / "fairlead" / "models"
    assert models_folder({"XDG_CACHE_HOME": "relative"}) == home
    assert models_folder({}) == home


def test_two_holders_never_overlap_and_the_second_is_told_to_wait(tmp_path: Path) -> None:
    inside = threading.Event()
    leave = threading.Event()
    waiting = threading.Event()
    order: list[str] = []

    def hold() -> None:
        with exclusive(tmp_path):
            inside.set()
            leave.wait(10)
            order.append("first leaves")

    def follow() -> None:
        with exclusive(tmp_path, waiting=waiting.set):
            order.append("second enters")

    first = threading.Thread(target=hold)
    first.start()
    assert inside.wait(10)
    second = threading.Thread(target=follow)
    second.start()
    assert waiting.wait(10)
    leave.set()
    first.join()
    second.join()
    assert order == ["first leaves", "second enters"]


def test_a_killed_holder_leaves_no_lock_behind(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path\n"
        "from fairlead.local.cache import exclusive\n"
        "with exclusive(Path(sys.argv[1])):\n"
        "    print('held', flush=True); time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        waited: list[bool] = []

        def kill() -> None:
            waited.append(True)
            holder.kill()

        with exclusive(tmp_path, waiting=kill):
            assert waited == [True]


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(LocalModelError, match=r"^cannot write to .*set FAIRLEAD_CACHE") as caught,
        exclusive(tmp_path / "file" / "models"),
    ):
        pytest.fail("there is no folder to hold")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_named_as_such(tmp_path: Path, number: int) -> None:
    with pytest.raises(LocalModelError, match="no space is left"), disk_errors(tmp_path):
        raise OSError(number, "full")
