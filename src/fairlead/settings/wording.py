"""What is wrong with a value, in the words of TOML: "must be text, not a whole number"."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Literal, get_args, get_origin

_MISMATCH = re.compile(r"Expected `([^`]+)`, got `([^`]+)`")
_NO_CHOICE = re.compile(r"Invalid enum value (.+)", re.DOTALL)
_WORDS = {
    "str": "text",
    "Secret": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "object": "a table",
    "array": "a list",
}


def in_plain_words(said: str, kind: object) -> str:
    """msgspec's sentence about a value of the type `kind`, so that a person knows what to write."""
    if (mismatch := _MISMATCH.fullmatch(said)) is not None:
        return f"must be {_named(mismatch[1])}, not {_named(mismatch[2])}"
    choices = _choices(kind)
    if choices and (unknown := _NO_CHOICE.fullmatch(said)) is not None:
        nearest = get_close_matches(unknown[1].strip("'"), choices, 1, 0.5)
        hint = f"did you mean {nearest[0]}? " if nearest else ""
        return f"there is no {unknown[1]}; {hint}it is one of {', '.join(choices)}"
    return f"{said[:1].lower()}{said[1:]}"


def _named(types: str) -> str:
    """msgspec's `str | array | null` for a person, who cannot write a null in TOML."""
    return " or ".join(_WORDS.get(name, name) for name in types.split(" | ") if name != "null")


def _choices(kind: object) -> list[str]:
    """The words of the `Literal`s in `kind`."""
    if get_origin(kind) is Literal:
        return [str(word) for word in get_args(kind)]
    return [word for inner in get_args(kind) for word in _choices(inner)]
