"""`-x`: the fenced code blocks of an answer in Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator

_OPENING = re.compile(r"(?P<indent>\s*)(?P<fence>`{3,}(?=[^`]*$)|~{3,})")


def code_block(text: str, *, last: bool = False) -> str | None:
    """What is inside the first block that is not empty, or the last; None where there is none.

    Models put blocks into lists, so a fence may be indented by any width. A block without an end
    goes on to the end of the text, as CommonMark has it.
    """
    blocks = [block for block in _blocks(text) if block.strip()]
    return blocks[-1 if last else 0] if blocks else None


def _blocks(text: str) -> Iterator[str]:
    lines = iter(text.splitlines(keepends=True))
    for line in lines:
        if opening := _OPENING.match(line.rstrip()):
            yield "".join(_inside(lines, opening["fence"], opening["indent"]))


def _inside(lines: Iterator[str], fence: str, indent: str) -> Iterator[str]:
    closing = re.compile(rf"\s*{re.escape(fence[0])}{{{len(fence)},}}\s*")
    for line in lines:
        if closing.fullmatch(line):
            return
        yield _outdented(line, len(indent))


def _outdented(line: str, width: int) -> str:
    lead = len(line) - len(line.lstrip(" \t"))
    return line[min(lead, width) :]
