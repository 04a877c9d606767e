"""What a model's name tells of what its requests may hold.

Sources: Google's pages on thinking, thought signatures and function calling, read 2026-11. A name
without a version, such as `gemini-flash-latest` or a tuned model's number, stands for the newest.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

ThinkingForm = Literal["level", "budget", "none"]

_VERSION = re.compile(r"gemini-(?:[a-z]+-)*?(\d{1,2})(?:\.(\d{1,2}))?(?![\d.])")
_NEWEST = (99, 0)
LEVELS = ("minimal", "low", "medium", "high")
_LEVELS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("gemini-3.1-flash-lite-image", ("minimal", "high")),
    ("gemini-3.1-flash-image", ("minimal", "high")),
    ("gemini-3.7-flash", ("low", "medium", "high")),
    ("gemini-3.8-flash", ("low", "medium", "high")),
    ("gemini-3-pro", ("low", "high")),
    ("gemini-3.1-pro", ("low", "medium", "high")),
    ("gemini-4-argon", ("low", "medium", "high")),
    ("gemini-4-carbon", ("low", "medium", "high")),
)
"""The levels of those models that do not take them all."""


@lru_cache(maxsize=256)
def version(model: str) -> tuple[int, int]:
    """Of `models/gemini-2.5-flash-001` it is (2, 5), of `gemini-3-pro-preview` (3, 0)."""
    name = model.lower()
    if name.rpartition("/")[2] == "gemini-pro":
        return 1, 0
    found = _VERSION.search(name)
    return (int(found[1]), int(found[2] or 0)) if found else _NEWEST


def thinking_form(model: str) -> ThinkingForm:
    """How thinking is asked for: by level (from Gemini 3 on) or by a budget of tokens (2.5)."""
    name = model.lower()
    known = version(model)
    if "gemma" in name or known < (2, 5) or "gemini-2.5-flash-image" in name:
        return "none"
    return "level" if known >= (3, 0) else "budget"


def thinking_levels(model: str) -> tuple[str, ...]:
    """The levels that the model takes, the least first."""
    name = model.lower().rpartition("/")[2]
    return next((levels for prefix, levels in _LEVELS if name.startswith(prefix)), LEVELS)


def always_thinks(model: str) -> bool:
    """Whether a budget of 0 is refused."""
    name = model.lower()
    return "pro" in name and "flash" not in name


def needs_signatures(model: str) -> bool:
    """Whether the first call of a step is refused without the signature of a thought."""
    return "gemma" not in model.lower() and version(model) >= (3, 0)


def takes_tools_with_json(model: str) -> bool:
    """Whether an answer may be bound to JSON while there are tools; 2.5 and older refuse both."""
    return version(model) >= (3, 0)


def takes_media_results(model: str) -> bool:
    """Whether the result of a function may hold images and documents itself."""
    return version(model) >= (3, 0)
