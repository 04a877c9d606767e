"""What a docstring says of a function or class: its text, and a line for each parameter.

The parameter sections of Google, NumPy and reST are read, lightly: what fits none stays text.
"""

from __future__ import annotations

import inspect
import re
from typing import NamedTuple

_GOOGLE = re.compile(
    r"(Args|Arguments|Parameters|Params|Attributes|Keyword Args|Keyword Arguments|Returns?|Yields?"
    r"|Raises|Examples?|Notes?|Warnings?|See Also|References|Todo):\s*$"
)
_NUMPY = re.compile(r"[A-Z][A-Za-z ]+$")
_RULE = re.compile(r"-{3,}\s*$")
_REST = re.compile(r":([a-z]+)(?:\s+([^:]*))?:\s*(.*)$")
_GOOGLE_ENTRY = re.compile(r"\*{0,2}(\w+)\s*(?:\([^)]*\))?\s*:\s*(.*)$")
_NUMPY_ENTRY = re.compile(r"\*{0,2}(\w+(?:\s*,\s*\w+)*)\s*(?::.*)?$")
_PARAMETERS = frozenset(
    {"Args", "Arguments", "Parameters", "Params", "Attributes", "Keyword Args", "Keyword Arguments"}
)
_REST_PARAMETERS = frozenset({"param", "parameter", "arg", "argument", "key", "keyword"})


class Explained(NamedTuple):
    """`text` is what stands before the sections, `parameters` what each is said to be."""

    text: str
    parameters: dict[str, str]


def explained(docstring: str | None) -> Explained:
    """Never raises: an odd docstring is all text."""
    if not docstring:
        return Explained("", {})
    lines = inspect.cleandoc(docstring).splitlines()
    start = next((i for i in range(len(lines)) if _begins_section(lines, i)), len(lines))
    found: dict[str, list[str]] = {}
    place = start
    while place < len(lines):
        place = _section(lines, place, found) if _begins_section(lines, place) else place + 1
    text = "\n".join(lines[:start]).strip()
    joined = {name: " ".join(words).strip() for name, words in found.items()}
    return Explained(text, {name: said for name, said in joined.items() if said})


def _begins_section(lines: list[str], place: int) -> bool:
    line = lines[place]
    if _GOOGLE.match(line) or _REST.match(line):
        return True
    return _is_numpy(lines, place)


def _is_numpy(lines: list[str], place: int) -> bool:
    after = lines[place + 1] if place + 1 < len(lines) else ""
    return bool(_NUMPY.match(lines[place]) and _RULE.match(after))


def _section(lines: list[str], start: int, found: dict[str, list[str]]) -> int:
    """Read the section at `start`; gives the place after it."""
    if (rest := _REST.match(lines[start])) is not None:
        return _rest_field(lines, start, rest, found)
    numpy = _is_numpy(lines, start)
    title = lines[start].strip().rstrip(":")
    first = start + (2 if numpy else 1)
    end = first
    while end < len(lines) and not _begins_section(lines, end):
        if not numpy and lines[end].strip() and not _indent(lines[end]):
            break  # what is not indented is no part of it
        end += 1
    if title in _PARAMETERS:
        _entries(lines[first:end], _NUMPY_ENTRY if numpy else _GOOGLE_ENTRY, found)
    return end


def _rest_field(
    lines: list[str], start: int, match: re.Match[str], found: dict[str, list[str]]
) -> int:
    kind, subject, said = match.groups()
    end = start + 1
    words = [said]
    while end < len(lines) and lines[end].startswith((" ", "\t")):
        words.append(lines[end].strip())
        end += 1
    while end < len(lines) and not _begins_section(lines, end):
        end += 1
    if kind in _REST_PARAMETERS and subject:
        found[subject.split()[-1].lstrip("*")] = words
    return end


def _entries(lines: list[str], pattern: re.Pattern[str], found: dict[str, list[str]]) -> None:
    """Entries stand at one depth; what is indented deeper goes on with the one before."""
    filled = [line for line in lines if line.strip()]
    depth = min((_indent(line) for line in filled), default=0)
    current: list[str] = []
    for line in filled:
        entry = pattern.match(line.strip()) if _indent(line) == depth else None
        if entry is None:
            current.append(line.strip())
            continue
        current = [entry.group(2)] if pattern is _GOOGLE_ENTRY else []
        for name in entry.group(1).split(","):
            found[name.strip()] = current


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
