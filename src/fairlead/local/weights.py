"""The weights on the disk: whether they are there, whole, fetched where not, removed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from fairlead.errors import LocalModelError
from fairlead.local.cache import disk_errors, exclusive, models_folder, sweep
from fairlead.local.catalog import DEFAULT_MODEL, LocalModel, lookup
from fairlead.local.native import runtime_problem, runtime_version

Progress = Callable[[str, int, int], None]
"""Called with a stage (`wait`, `download`, `unpack`), the bytes done and the bytes in all."""


class Status(Struct, frozen=True, kw_only=True):
    """What there is of a local model. `problem` is why it cannot run here, in one sentence."""

    model: LocalModel
    path: Path
    installed: bool
    runtime: str | None
    problem: str | None


def setup(name: str = DEFAULT_MODEL, *, progress: Progress | None = None) -> Path:
    """The weights of `name`, fetched into the cache folder unless they are there.

    Processes and threads that ask at once wait for one fetch. Raises `UnknownModel`, or
    `LocalModelError` with what to do; no part of a file stays behind.
    """
    model, folder = lookup(name), models_folder()
    if is_installed(model, folder):
        return folder / model.file_name
    # Network code, which a model that is there does not need.
    from fairlead.local.index_settings import read_index_settings
    from fairlead.local.install import install

    return install(model, folder, read_index_settings(), progress or silent)


def status(name: str = DEFAULT_MODEL) -> Status:
    """What there is of `name`, without fetching, starting or importing anything."""
    model, folder = lookup(name), models_folder()
    return Status(
        model=model,
        path=folder / model.file_name,
        installed=is_installed(model, folder),
        runtime=runtime_version(),
        problem=runtime_problem(),
    )


def verify(name: str = DEFAULT_MODEL) -> None:
    """Read all of the weights, about 0.1 s. Raises `LocalModelError` if they are damaged."""
    model, path = lookup(name), status(name).path
    if not path.is_file():
        raise LocalModelError(f"{path} is not there; fetch it with: fairlead local setup {name}")
    if not has_hash(path, model):
        raise LocalModelError(
            f"{path} is damaged; fetch it again with: "
            f"fairlead local remove {name} && fairlead local setup {name}"
        )


def remove(name: str = DEFAULT_MODEL) -> bool:
    """Delete the weights of `name` from the cache folder; whether there were any."""
    model, folder = lookup(name), models_folder()
    path = folder / model.file_name
    if not path.is_symlink() and not path.exists():
        return False
    with exclusive(folder), disk_errors(folder):
        sweep(folder)
        path.unlink(missing_ok=True)
    return True


def is_installed(model: LocalModel, folder: Path) -> bool:
    """Whether the weights are there. Only whole, checked files ever get their name."""
    try:
        return (folder / model.file_name).stat().st_size == model.file_bytes
    except OSError:
        return False


def silent(_stage: str, _done: int, _total: int) -> None:
    """A `Progress` for nobody."""


def has_hash(path: Path, model: LocalModel) -> bool:
    """Whether the file is exactly the weights of `model`."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == model.file_sha256
