"""docs/conformance.md: scorecards of servers that other people have written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from fairlead import Scorecard
from fairlead.types.conformance import VERDICTS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "conformance.md"
_ROW = re.compile(r"^\| ([\w ]+), ([\w\- ]+) \| (.+) \|$", re.MULTILINE)

_HEAD = """# Conformance

`fairlead conform URL` checks any server or gateway against the documentation of the protocol that
it claims to speak: `openai_chat`, or `--dialect openai_responses` or `anthropic_messages`. `--only
AREA` checks a part. In Python:

```python
import fairlead

card = fairlead.conform("http://localhost:8000/v1", dialect="openai_chat", only="answers")
for item in card.outcomes:
    print(item.verdict, item.area, item.name, item.evidence)
print(card.ok)
```

- **pass**: the server does what the documentation says.
- **warn**: it may do so, but clients trip over it.
- **fail**: it does otherwise. Only this makes the exit code other than 0.
- **skip**: it could not be looked at, or the protocol has no such thing.

Every check has a server in the test suite that breaks what it asks for, and is found by it
(`tests/conforming`).
"""
_FOOT = """
Written by `FAIRLEAD_WRITE_DOCS=1 .venv/bin/python -m pytest tests/peers/test_conformance.py`, which
`make docs` runs. The prompt beyond the window is left out there (`--costly` sends it).
"""


def document(notes: Mapping[str, str], cards: Mapping[str, Mapping[str, Scorecard]]) -> str:
    """The page, from what is to be known of each server, and its cards by dialect."""
    sections = [_section(title, notes[title], cards[title]) for title in sorted(cards)]
    return _HEAD + "".join(sections) + _FOOT


def verdicts_of(card: Scorecard) -> dict[tuple[str, str], str]:
    """What the page keeps of a card."""
    return {(item.area, item.name): item.verdict for item in card.outcomes}


def kept(title: str, text: str) -> dict[str, dict[tuple[str, str], str]]:
    """The verdicts that the page has of a server, by dialect; none where it has no such server."""
    section = text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    heading = re.search(r"^\| check \| (.+) \|$", section, re.MULTILINE)
    dialects = heading[1].split(" | ") if heading else []
    found: dict[str, dict[tuple[str, str], str]] = {dialect: {} for dialect in dialects}
    for area, name, cells in _ROW.findall(section):
        for dialect, cell in zip(dialects, cells.split(" | "), strict=True):
            found[dialect][area, name] = cell.strip("*")
    return found


def _section(title: str, note: str, cards: Mapping[str, Scorecard]) -> str:
    dialects = sorted(cards)
    lines = [f"\n## {title}\n", note, "", f"| check | {' | '.join(dialects)} |"]
    lines.append("|---" * (len(cards) + 1))
    lines[-1] += "|"
    verdicts = {dialect: verdicts_of(cards[dialect]) for dialect in dialects}
    for area, name in verdicts[dialects[0]]:
        cells = [_cell(verdicts[dialect][area, name]) for dialect in dialects]
        lines.append(f"| {area}, {name} | {' | '.join(cells)} |")
    lines.append("")
    for dialect in dialects:
        counts = [
            f"{sum(v == word for v in verdicts[dialect].values())} {word}" for word in VERDICTS
        ]
        lines.append(f"`{dialect}`: {', '.join(counts)}.")
        lines += ["", *_told(cards[dialect]), ""]
    return "\n".join(lines)


def _told(card: Scorecard) -> list[str]:
    """What stands behind the warnings and failures."""
    return [
        f"- {item.area}, {item.name}: {_plain(item.evidence)}"
        for item in card.outcomes
        if item.verdict in ("warn", "fail")
    ]


def _cell(verdict: str) -> str:
    return f"**{verdict}**" if verdict == "fail" else verdict


def _plain(evidence: str) -> str:
    """Without what differs from run to run."""
    text = re.sub(r"\b[a-z]+[-_][A-Za-z0-9]{12,}", "...", evidence)
    text = re.sub(r"\b\d{10}\b|127\.0\.0\.1:\d+", "...", text)
    return text[:160].replace("|", "/").replace("<", "&lt;")
