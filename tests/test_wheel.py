"""What people install: the wheel holds the whole package, nothing else, and runs by itself."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from email.parser import HeaderParser
from pathlib import Path
from zipfile import ZipFile

import pytest

from fairlead import __version__

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "fairlead"
INFO = f"fairlead-{__version__}.dist-info"
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built here and now, without an index: the dev group has the build backend."""
    pytest.importorskip("hatchling", reason="hatchling builds the wheel, and is not installed")
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=100)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Python in front of whose other places stands the unpacked wheel."""
    folder = tmp_path_factory.mktemp("site")
    with ZipFile(wheel) as archive:
        archive.extractall(folder)

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *words], capture_output=True, text=True, timeout=60, check=False,
            cwd=folder.parent, env=os.environ | {"PYTHONPATH": str(folder)},
            stdin=subprocess.DEVNULL,
        )  # fmt: skip

    return run


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    source = {
        path.relative_to(PACKAGE.parent).as_posix()
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    with ZipFile(wheel) as archive:
        found = set(archive.namelist())

    assert {Path(name).suffix for name in source} == {".json", ".py", ".toml", ".typed"}
    assert found - source == {
        f"{INFO}/{name}"
        for name in ("METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE")
    }
    assert source - found == set()


def test_the_wheel_says_what_it_is(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        said = HeaderParser().parsestr(archive.read(f"{INFO}/METADATA").decode())
        entry = archive.read(f"{INFO}/entry_points.txt").decode()

    assert (said["Name"], said["Version"]) == ("fairlead", __version__)
    assert (said["Author"], said["License-Expression"]) == ("The fairlead developers", "Apache-2.0")
    assert said["Requires-Python"] == ">=3.11"
    assert "fairlead = fairlead.cli:main" in entry


def test_the_wheel_runs_without_the_source_tree(installed: Run) -> None:
    place = installed("-c", "import fairlead; print(fairlead.__file__)").stdout

    assert "site" in Path(place).parts[-3]
    assert installed("-m", "fairlead", "--version").stdout.startswith(f"fairlead {__version__} ")
    assert "Anthropic" in installed("-m", "fairlead", "providers").stdout
    assert "SmolLM2" in installed("-m", "fairlead", "models", "local").stdout
    request = installed("-m", "fairlead", "--dry-run", "-m", "anthropic/claude-sonnet-4-5", "hi")
    assert request.stdout.startswith("POST https://api.anthropic.com/v1/messages\n")
    assert request.returncode == 0
