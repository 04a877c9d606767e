"""Fills words in braces into addresses and paths so that no value can leave its place.

`{model}` is the model's name as one segment of a path, whatever is in it. `{model_path}` keeps the
slashes of names such as `meta/llama`, and `{model_underscored}` is the same with `_` for dots.
Other words are the provider's variables.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import quote

from fairlead.errors import InvalidRequest

WORD = re.compile(r"\{(\w+)\}")
_SEGMENT_SAFE = "@"
# As in RFC 3986, a path may hold these as they are.
_PATH_SAFE = "@:"
_VALUE = re.compile(r"(?!.*\.\.)[A-Za-z0-9](?:[A-Za-z0-9._-]{0,126}[A-Za-z0-9])?")


def value_fits(value: str) -> bool:
    """Whether a variable may hold `value`: letters, digits, `.`, `_` and `-`, of a decent length.

    Such a value stays inside its label of a host and inside its segment of a path.
    """
    return _VALUE.fullmatch(value) is not None


def words_of(template: str) -> list[str]:
    """The words in braces, in order."""
    return WORD.findall(template)


def filled(template: str, value_of: Callable[[str], str]) -> str:
    """`template` with every word replaced."""
    return WORD.sub(lambda found: value_of(found[1]), template) if "{" in template else template


def model_word(word: str, model: str) -> str | None:
    """What a word about the model stands for; None for a variable's name.

    Raises `InvalidRequest` for a model whose name would lead elsewhere.
    """
    if word == "model":
        return quote(_checked(model, [model]), safe=_SEGMENT_SAFE)
    if word == "model_path":
        return quote(_checked(model, model.split("/")), safe=_PATH_SAFE + "/")
    if word == "model_underscored":
        return (model_word("model_path", model) or "").replace(".", "_")
    return None


def _checked(model: str, segments: list[str]) -> str:
    if any(segment in ("", ".", "..") for segment in segments):
        raise InvalidRequest(f"the model name {model!r} has an empty, . or .. part; correct it")
    return model
