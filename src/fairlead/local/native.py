"""Whether llama.cpp can run here: the `xllamacpp` package, its platforms, its system library."""

from __future__ import annotations

import importlib.util
import platform
import sys

INSTALL_RUNTIME = (
    'the local model needs the xllamacpp package; install it with: pip install "fairlead[local]"'
)
INSTALL_LIBGOMP = (
    "the local model needs the system library libgomp.so.1; "
    "install it with: apt-get install libgomp1"
)

_BUILDS = {
    "linux": ("x86_64", "aarch64"),
    "darwin": ("x86_64", "arm64"),
    "win32": ("amd64",),
}
"""`sys.platform` to the machines that xllamacpp publishes wheels for."""


def runtime_version() -> str | None:
    """The version of xllamacpp that is installed, without importing it."""
    import importlib.metadata

    try:
        return importlib.metadata.version("xllamacpp")
    except importlib.metadata.PackageNotFoundError:
        return None


def runtime_problem() -> str | None:
    """Why the local model cannot run here, in one sentence that says what to do, or None."""
    if importlib.util.find_spec("xllamacpp") is None:
        machine = platform.machine()
        if not has_build(sys.platform, machine, glibc=_uses_glibc()):
            return no_build(sys.platform, machine)
        return INSTALL_RUNTIME
    if sys.platform == "linux" and not _loads("libgomp.so.1"):
        return INSTALL_LIBGOMP
    return None


def has_build(system: str, machine: str, *, glibc: bool) -> bool:
    """Whether xllamacpp has a wheel for a `sys.platform` and a `platform.machine()`."""
    if system == "linux" and not glibc:
        return False
    return machine.lower() in _BUILDS.get(system, ())


def no_build(system: str, machine: str) -> str:
    return (
        f"the local model has no build for {system} on {machine} "
        "(Linux with glibc, macOS 13 and Windows have one); name another model with -m"
    )


def _uses_glibc() -> bool:
    return platform.libc_ver()[0] == "glibc"


def _loads(library: str) -> bool:
    import ctypes

    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
