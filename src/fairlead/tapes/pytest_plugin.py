"""The plugin for pytest: `fairlead_tape`, a tape for each test, and when it is recorded.

def test_it_answers(fairlead_tape):
    client = fairlead.Client(transport=fairlead_tape)
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from fairlead.tapes.recording import Recording
    from fairlead.tapes.replaying import Replay

_FOLDER = "tapes"
_OPTION = "--fairlead-record"
_PASSED = pytest.StashKey[bool]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("fairlead").addoption(
        _OPTION,
        choices=("none", "once", "all"),
        default="none",
        help="record the tapes of fairlead_tape: none (the default), once where there is none yet, "
        "or all anew",
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    report = yield
    if call.when == "call":
        item.stash[_PASSED] = call.excinfo is None
    return report


@pytest.fixture
def fairlead_tape(request: pytest.FixtureRequest) -> Iterator[Recording | Replay]:
    """A tape named after the test, in the folder `tapes` beside its file: for `transport=`.

    It is replayed without waiting. With `--fairlead-record=once` or `=all` it is recorded, and kept
    if the test passes.
    """
    from fairlead.tapes.folder import TapeFolder
    from fairlead.tapes.recording import record
    from fairlead.tapes.replaying import replay

    place = _place(request.node)
    mode = request.config.getoption(_OPTION)
    there = TapeFolder(place).exists
    if mode == "none" and not there:
        pytest.fail(f"there is no tape at {place}; record it: pytest {_OPTION}=once", pytrace=False)
    if there and mode != "all":
        yield replay(place, speed=0)
        return
    scratch = place.with_name(f"{place.name}.part")
    yield record(scratch, anew=True)
    _keep(scratch, place, passed=request.node.stash.get(_PASSED, False))


def _keep(scratch: Path, place: Path, *, passed: bool) -> None:
    """Put a new tape into its place; that of a test which failed is of no use."""
    if not scratch.exists():
        return
    if passed:
        shutil.rmtree(place, ignore_errors=True)
        scratch.rename(place)
    else:
        shutil.rmtree(scratch)


def _place(node: pytest.Item) -> Path:
    """The folder of a test's tape: its module, and its name with class and parameters."""
    words = node.nodeid.partition("::")[2] or node.name
    name = re.sub(r"[^\w.-]+", "-", words).strip("-")
    return node.path.parent / _FOLDER / node.path.stem / name
