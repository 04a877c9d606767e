"""Reads which tests prove which fault and invariant, and writes docs/reliability.md from it.

A row that no test marks, and a mark that names no row, are errors. The marks are read from the
source of the tests, so that the page is the same whichever of them run.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reliability.md"
_ROWS = ROOT / "tests" / "faults" / "rows.toml"

_HEAD = """# Reliability

What becomes of each fault that a client can meet, and what holds whatever happens. Every row is
proven by the tests it names, most of them in both colours, against a scripted server and a fault
proxy on loopback that anybody can use (`fairlead.testing.server`, `fairlead.testing.proxy`). Every
exchange of `tests/faults/test_every_fault.py` is also looked over when it is done: one end told for
each start, nothing held of limits and budgets, no key in any error, log or receipt, no connection,
descriptor, thread or task left.

Absent are faults that only a gateway meets (name resolution under a stranger's control, clients
that leave or stall, draining).

## Faults

| | fault | how it is made | what becomes of it | proven by |
|---|---|---|---|---|
"""
_MIDDLE = """
## Invariants

| | what holds | proven by |
|---|---|---|
"""
_TAIL = """
Written by `make docs` once all of these tests have passed; `tests/faults/rows.toml` has the rows.
"""


class Mark(NamedTuple):
    """One mark on one test. Of several on one row, one says the outcome."""

    kind: str
    row: str
    outcome: str
    test: str


class Rows(NamedTuple):
    """What the page must have: faults as name, what it is, how it is made; invariants as name."""

    faults: dict[str, dict[str, str]]
    invariants: dict[str, str]


def rows() -> Rows:
    tables = tomllib.loads(_ROWS.read_text(encoding="utf-8"))
    return Rows(tables["faults"], tables["invariants"])


def marks(folder: Path = ROOT / "tests") -> list[Mark]:
    """All marks of the tests under `folder`, in the order of files and lines."""
    found: list[Mark] = []
    for path in sorted(folder.rglob("test_*.py")):
        text = path.read_text(encoding="utf-8")
        if "mark.fault(" in text or "mark.invariant(" in text:
            place = path.relative_to(folder.parent).as_posix()
            found += _of_module(ast.parse(text), place)
    return found


def _of_module(module: ast.Module, place: str) -> Iterator[Mark]:
    for node in module.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _of_test(node, f"{place}::{node.name}")
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark":
            yield from _of_test(node, place)


def _of_test(node: ast.AST, name: str) -> Iterator[Mark]:
    """Marks stand above a test, or on one of its parameters."""
    for call in ast.walk(node):
        if not isinstance(call, ast.Call):
            continue
        kind = ast.unparse(call.func).removeprefix("pytest.mark.")
        if kind in ("fault", "invariant"):
            words = [str(ast.literal_eval(argument)) for argument in call.args]
            yield Mark(kind, words[0], words[1] if len(words) > 1 else "", name)


def gaps(wanted: Rows, found: list[Mark]) -> list[str]:
    """What is wrong with the marks, as sentences."""
    named = {(mark.kind, mark.row) for mark in found}
    known = {("fault", row) for row in wanted.faults}
    known |= {("invariant", row) for row in wanted.invariants}
    lines = [f"no test proves {kind} {row}" for kind, row in known - named]
    lines += [
        f"{mark.test} marks {mark.kind} {mark.row}, which tests/faults/rows.toml does not have"
        for mark in found
        if (mark.kind, mark.row) not in known
    ]
    return sorted(lines)


def document(wanted: Rows, found: list[Mark]) -> str:
    """The page."""
    proofs: defaultdict[tuple[str, str], list[Mark]] = defaultdict(list)
    for mark in found:
        proofs[mark.kind, mark.row].append(mark)
    faults = [
        _row(
            name,
            row["what"],
            row["made"],
            _outcomes(proofs["fault", name]),
            _tests(proofs["fault", name]),
        )
        for name, row in wanted.faults.items()
    ]
    invariants = [
        _row(name, says, _tests(proofs["invariant", name]))
        for name, says in wanted.invariants.items()
    ]
    return _HEAD + "".join(faults) + _MIDDLE + "".join(invariants) + _TAIL


def _row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |\n"


def _outcomes(found: list[Mark]) -> str:
    return "; ".join(dict.fromkeys(mark.outcome for mark in found if mark.outcome))


def _tests(found: list[Mark]) -> str:
    """Sentences, each with its file; a file is named once."""
    by_file: defaultdict[str, list[str]] = defaultdict(list)
    for mark in found:
        place, _, test = mark.test.partition("::")
        if test not in by_file[place]:
            by_file[place].append(test)
    return "; ".join(
        f"`{place.removeprefix('tests/')}`: " + ", ".join(map(_sentence, tests))
        for place, tests in by_file.items()
    )


def _sentence(test: str) -> str:
    words = re.sub(r"^test_(?:[chspri]\d+_)*", "", test).replace("_", " ")
    return words or "all of it"
