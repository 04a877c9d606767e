from __future__ import annotations

import importlib.util
import platform
import sys
from pathlib import Path

import pytest

from fairlead.local.native import (
    INSTALL_RUNTIME,
    has_build,
    no_build,
    runtime_problem,
    runtime_version,
)


@pytest.mark.parametrize(
    ("system", "machine", "glibc", "expected"),
    [
        ("linux", "x86_64", True, True),
        ("linux", "aarch64", True, True),
        ("linux", "x86_64", False, False),
        ("linux", "riscv64", True, False),
        ("darwin", "arm64", False, True),
        ("win32", "AMD64", False, True),
        ("win32", "ARM64", False, False),
        ("freebsd14", "amd64", False, False),
    ],
)
def test_the_platforms_with_a_build_are_known(
    system: str, machine: str, glibc: bool, expected: bool
) -> None:
    assert has_build(system, machine, glibc=glibc) is expected


def test_a_platform_without_a_build_is_told_what_else_to_do() -> None:
    message = no_build("linux", "riscv64")
    assert message.startswith("the local model has no build for linux on riscv64")
    assert message.endswith("name another model with -m")


def test_the_version_and_the_problem_agree_with_what_is_installed() -> None:
    installed = importlib.util.find_spec("xllamacpp") is not None
    assert (runtime_version() is not None) is installed
    if not installed:
        assert runtime_problem() is not None


def test_a_missing_package_is_a_problem_that_one_command_solves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    monkeypatch.delitem(sys.modules, "xllamacpp", raising=False)
    problem = runtime_problem()
    assert problem in {INSTALL_RUNTIME, no_build(sys.platform, platform.machine())}
    assert 'pip install "fairlead[local]"' in INSTALL_RUNTIME
