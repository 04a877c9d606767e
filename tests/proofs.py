"""A plugin: how the tests that prove the rows of docs/reliability.md fared, and the page itself.

With FAIRLEAD_WRITE_DOCS=1 the page is written, provided that each of these tests ran and passed.
"""

from __future__ import annotations

import os

import pytest
from tests.reliability import PAGE, document, gaps, marks, rows

_PASSED = pytest.StashKey[dict[str, bool]]()


def pytest_collection_finish(session: pytest.Session) -> None:
    kinds = ("fault", "invariant")
    marked = [i for i in session.items if any(i.get_closest_marker(kind) for kind in kinds)]
    session.config.stash[_PASSED] = {item.nodeid: False for item in marked}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    report = yield
    passed = item.config.stash.get(_PASSED, {})
    if report.when == "call" and item.nodeid in passed:
        passed[item.nodeid] = report.passed
    return report


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    passed = config.stash.get(_PASSED, {})
    if os.environ.get("FAIRLEAD_WRITE_DOCS") != "1" or not passed:
        return
    terminalreporter.section("reliability")
    terminalreporter.write_line(_written(passed))


def _written(passed: dict[str, bool]) -> str:
    """Write the page, or say why not."""
    found = marks()
    ran = {name.partition("[")[0] for name in passed}
    missing = [m.test for m in found if not any(name.startswith(m.test) for name in ran)]
    failed = [name for name, well in passed.items() if not well]
    wrong = gaps(rows(), found) or missing or failed
    if wrong:
        return (
            f"the page was not written: {len(wrong)} of its tests are missing or failed: {wrong[0]}"
        )
    PAGE.write_text(document(rows(), found), encoding="utf-8")
    return f"{len(passed)} tests passed; {PAGE.name} was written"
