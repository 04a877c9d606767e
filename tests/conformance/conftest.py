"""One tally for the whole run, printed at its end and kept in docs/faithfulness.md on request."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.conformance.table import Tally, document

TALLY = pytest.StashKey[Tally]()
PAGE = Path(__file__).resolve().parents[2] / "docs" / "faithfulness.md"


@pytest.fixture(scope="session")
def tally(pytestconfig: pytest.Config) -> Tally:
    """Where the checks count what they ran over."""
    return pytestconfig.stash.setdefault(TALLY, Tally())


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    counted = config.stash.get(TALLY, None)
    if counted is None or counted.empty:
        return
    terminalreporter.section("faithfulness")
    for line in counted.lines():
        terminalreporter.write_line(line)
    if os.environ.get("FAIRLEAD_WRITE_DOCS") == "1":
        PAGE.write_text(document(counted.lines()), encoding="utf-8")
