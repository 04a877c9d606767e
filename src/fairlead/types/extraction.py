"""A typed value that a model writes: what is known of it while it comes, and what it came to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, Literal, TypeVar

from msgspec import Struct

from fairlead.types.receipts import Receipt
from fairlead.types.requests import OutputMode
from fairlead.types.responses import ChatResponse
from fairlead.types.usage import Cost, Usage

T_ = TypeVar("T_")
Path = tuple[str | int, ...]


class SavedTokens(Struct, frozen=True):
    """About how many tokens an answer would still have had when it was stopped at its fault.

    An estimate: by the length of an earlier answer to the same wish or, where there was none, at
    most those that `max_tokens` left.
    """

    tokens: int
    by: Literal["earlier answer", "max_tokens"]


class Partial(Struct, Generic[T_], frozen=True):
    """What has come of a value. It stays as it is while the stream goes on; do not alter it.

    `value` is plain JSON, whole at every moment; None before it has begun. `complete` names the
    fields, or numbers the items, that are finished and valid; `fields` has them as their Python
    types, where those are known. `attempt` goes up whenever the value begins anew, because the
    model was asked again or a stream restarted. `final` is the finished value, and None till then.
    """

    value: object
    complete: Path = ()
    fields: Mapping[str | int, object] = {}
    attempt: int = 1
    final: T_ | None = None
    growing: Path | None = None
    """The steps to the part that may still grow; None where nothing may."""

    def is_complete(self, *path: str | int) -> bool:
        """Whether the value at `path`, such as `"author", "name"`, has come to its end."""
        if self.growing is not None and self.growing[: len(path)] == path:
            return False
        held = self.value
        for step in path:
            named = isinstance(held, dict) and step in held
            placed = isinstance(held, list) and isinstance(step, int) and 0 <= step < len(held)
            if not (named or placed):
                return False
            held = held[step]  # type: ignore[index]
        return held is not None or bool(path)


class Extraction(Struct, Generic[T_], frozen=True):
    """A finished value and what it took.

    `response` is the last answer, `attempts` how often the model was asked, `mode` how: by the
    target's own structured output, one forced tool, or the prompt. `usage`, `cost` and the receipt
    count all attempts; an answer that was stopped has an estimated usage. `usage` and `cost` are
    None as soon as one is unknown. `saved` is None where nothing was stopped, or nobody can tell.
    """

    value: T_
    response: ChatResponse
    attempts: int
    mode: OutputMode
    usage: Usage | None
    cost: Cost | None
    receipt: Receipt
    warnings: tuple[str, ...] = ()
    saved: SavedTokens | None = None
