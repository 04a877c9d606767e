"""What a request wants, and what is said to it: the same in all protocols."""

from __future__ import annotations

import re
from typing import Any

from msgspec import Struct

SEASONS = "Spring, then summer, then autumn and winter at last."
STORY = " ".join(f"wave{number}" for number in range(500))
PERSON = '{"name":"Ada","age":36}'
CITY = '{"city":"Paris"}'
_ECHO = "Say exactly this and nothing else: "


class Wanted(Struct):
    """A request, read. `limit` is whatever stood there."""

    model: object
    prompt: str
    limit: Any
    stream: bool
    stop: list[str]
    count: int = 1
    tool: str | None = None
    schema: bool = False
    result: bool = False


class Words(Struct):
    """What is said: pieces of text or a call, why it ends, and how much was read and written."""

    pieces: list[str]
    call: str | None
    cut: bool
    read: int

    @property
    def written(self) -> int:
        return max(1, len(self.pieces))


def words_for(wanted: Wanted) -> Words:
    """The model."""
    read = len(wanted.prompt)
    if wanted.tool is not None and not wanted.result:
        return Words([], wanted.tool, False, read)
    text = _text(wanted)
    for sequence in wanted.stop:
        text = text.partition(sequence)[0]
    pieces = [text] if wanted.schema else re.findall(r"\s*\S+", text)
    return Words(pieces[: wanted.limit], None, len(pieces) > wanted.limit, read)


def _text(wanted: Wanted) -> str:
    if wanted.schema:
        return PERSON
    if _ECHO in wanted.prompt:
        return wanted.prompt.partition(_ECHO)[2]
    return STORY if "story" in wanted.prompt else SEASONS
