"""Joins an answer that was cut and the one that goes on behind it: their parts and their events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from msgspec.structs import replace

from fairlead.policies.seam import Seam
from fairlead.types.events import CitationEvent, Event, Finish, PartEnd, ResponseStart, TextDelta
from fairlead.types.messages import Citation, Message, Text


class Joint:
    """`before` are the texts that were handed out. With `open_end` the last of them goes on.

    The first part behind it may be more of that text, or one of its own. `repeats` as in `Seam`.
    """

    __slots__ = (
        "_before",
        "_joins",
        "_offset",
        "_open_end",
        "_repeats",
        "_seam",
        "_shift",
        "_written",
    )

    def __init__(self, before: Sequence[Text], *, open_end: bool, repeats: bool) -> None:
        self._before = tuple(before)
        self._written = "".join([part.text for part in before])
        self._repeats = repeats
        self._open_end = open_end
        self._seam = Seam(self._written, repeats=repeats)
        self._joins: bool | None = None
        self._offset = 0
        self._shift = len(before[-1].text) if open_end and before else 0

    def events(self, batch: Sequence[Event]) -> list[Event]:
        """What of `batch` is new to whoever has the events before the cut, with the right places.

        That the second answer begins is told otherwise.
        """
        found: list[Event] = []
        for event in batch:
            if isinstance(event, ResponseStart):
                continue
            index = getattr(event, "index", None)
            if self._joins is None and (isinstance(index, int) or isinstance(event, Finish)):
                found += self._decided(event)
            if not isinstance(index, int):
                found.append(event)
                continue
            found += self._first(event) if index == 0 else [self._placed(event)]
        return found

    def message(self, after: Message, *, finished: bool = False) -> Message:
        """Both as one, as far as it was handed out."""
        first, before = after.parts[0] if after.parts else None, self._before
        if not isinstance(first, Text):
            return replace(after, parts=(*before, *after.parts))
        kept = before[:-1] if self._open_end else before
        own = self._ended(first, finished=finished)
        return replace(after, parts=(*kept, own, *after.parts[1:]))

    def _decided(self, event: Event) -> list[Event]:
        """By the first event with a place: whether it is more of the last text, or that ends."""
        text = isinstance(event, TextDelta | CitationEvent) or (
            isinstance(event, PartEnd) and isinstance(event.part, Text)
        )
        self._joins = text and self._open_end
        self._offset = len(self._before) - self._joins
        if self._joins or not self._open_end:
            return []
        return [PartEnd(self._offset - 1, self._before[-1])]

    def _first(self, event: Event) -> list[Event]:
        """An event of the first part, which may repeat what was there."""
        if isinstance(event, TextDelta):
            text = self._seam.feed(event.text)
            self._shift += len(text) - len(event.text)
            return [replace(event, text=text, index=self._offset)] if text or event.logprobs else []
        if isinstance(event, PartEnd) and isinstance(event.part, Text):
            held = self._seam.rest()
            late: list[Event] = [TextDelta(held, self._offset)] if held else []
            return [*late, PartEnd(self._offset, self._ended(event.part, finished=True))]
        if isinstance(event, CitationEvent):
            return [CitationEvent(_moved(event.citation, self._shift), self._offset)]
        return [self._placed(event)]

    def _ended(self, part: Text, *, finished: bool) -> Text:
        """The first text behind the cut as it stands in the message."""
        seam = Seam(self._written, repeats=self._repeats)
        text = seam.feed(part.text)
        if finished:
            text += seam.rest()
        last = self._before[-1] if self._open_end else Text("")
        moved = len(last.text) + len(text) - len(part.text)
        citations = tuple(_moved(citation, moved) for citation in part.citations)
        return replace(part, text=last.text + text, citations=(*last.citations, *citations))

    def _placed(self, event: Event) -> Event:
        place = cast("TextDelta", event).index + self._offset
        return replace(event, index=place)


def _moved(citation: Citation, by: int) -> Citation:
    if citation.start is None or citation.end is None:
        return citation
    return replace(citation, start=max(0, citation.start + by), end=max(0, citation.end + by))
