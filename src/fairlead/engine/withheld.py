"""Tells an answer that a filter held back from one that merely ended in a filter."""

from __future__ import annotations

from collections.abc import Sequence

from fairlead.types.events import Finish, PartEnd, RefusalDelta, ResponseStart, UsageEvent
from fairlead.types.messages import Refusal


def withheld(events: Sequence[object]) -> bool:
    """Whether `events` are a whole answer without content, which a filter ended.

    The provider's reasons are no content. A stream that has begun with content never is one.
    """
    last = events[-1] if events else None
    if not isinstance(last, Finish) or last.finish_reason != "content_filter":
        return False
    return not any(map(_is_content, events[:-1]))


def _is_content(event: object) -> bool:
    if isinstance(event, PartEnd):
        return not isinstance(event.part, Refusal)
    return not isinstance(event, ResponseStart | UsageEvent | RefusalDelta)
