"""What every test stands on: an environment without keys, and a say in what a skip means."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import hypothesis
import pytest

pytest_plugins = ("tests.proofs", "tests.stalls")

# How long an example takes is a matter of the machine, which may stand still.
hypothesis.settings.register_profile(
    "untimed",
    hypothesis.settings(),
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("untimed")

_OURS = (
    "FAIRLEAD_CORPUS",
    "FAIRLEAD_CACHE",
    "FAIRLEAD_NO_SKIPS",
    "FAIRLEAD_SEEDS",
    "FAIRLEAD_WRITE_DOCS",
)
_SECRET_ENDINGS = ("_API_KEY", "_TOKEN", "_BASE_URL", "_API_BASE", "_KEY", "_HOST")


@pytest.fixture(scope="session")
def _homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """New folders, which `mktemp` would number by listing all that there are, for each test."""
    parent = tmp_path_factory.mktemp("homes")
    return (parent / str(number) for number in count())


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch, _homes: Iterator[Path]) -> None:
    """No key, address or setting of the developer's machine reaches a test."""
    for name in list(os.environ):
        if name in _OURS or name.startswith("PIP_"):
            continue
        if name.startswith("FAIRLEAD_") or name.endswith(_SECRET_ENDINGS):
            monkeypatch.delenv(name)
    home = next(_homes)
    for kind in ("config", "state"):
        (home / kind).mkdir(parents=True)
        monkeypatch.setenv(f"XDG_{kind.upper()}_HOME", str(home / kind))


def pytest_configure() -> None:
    """A shell has what it starts in the background ignore interrupts, which tests send."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """What the suite is made of is nothing for its garbage collections to look at each time."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    """With FAIRLEAD_NO_SKIPS=1, where everything is at hand, a skipped test has failed."""
    return _allowed((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector):
    """The same for a whole module that skips itself."""
    return _allowed((yield))


def _allowed(report):
    left_out = report.skipped and not hasattr(report, "wasxfail")  # which did run
    if left_out and os.environ.get("FAIRLEAD_NO_SKIPS") == "1":
        report.outcome = "failed"
        report.longrepr = f"skipped, but nothing may be left out here: {report.longrepr}"
    return report
