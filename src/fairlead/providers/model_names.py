"""Reads what users write for a model: `provider/model`, `provider:model`, or a bare name."""

from __future__ import annotations

from msgspec import Struct

from fairlead.errors import InvalidRequest

MAX_LENGTH = 256
SEPARATORS = "/:"


class Split(Struct, frozen=True):
    """A model string cut at one separator."""

    provider: str
    model: str


def check_model(text: str) -> None:
    """Raises `InvalidRequest` for a string that no model is called by.

    A name may end up in a path or a log: what could lead elsewhere there is refused.
    """
    if not text:
        raise InvalidRequest("the model name is empty; write provider/model")
    if len(text) > MAX_LENGTH:
        raise InvalidRequest(f"the model name is longer than {MAX_LENGTH} characters")
    if not text.isprintable():
        raise InvalidRequest("the model name holds a control character; take it out")
    if text != text.strip():
        raise InvalidRequest("the model name begins or ends with a space; take it out")
    plain = text.lower().replace("%2e", ".").replace("%2f", "/").replace("\\", "/")
    if any(segment in (".", "..") for part in plain.split("/") for segment in part.split(":")):
        raise InvalidRequest("the model name holds a . or .. segment; take it out")


def splits(text: str) -> list[Split]:
    """The ways to cut `text`, that at the first separator first."""
    places = sorted(place for mark in SEPARATORS if (place := text.find(mark)) >= 0)
    return [Split(text[:place], text[place + 1 :]) for place in places]


def folded(name: str) -> str:
    """A provider's name as it is looked up: case and `-` or `_` make no difference."""
    return name.lower().replace("-", "_")
