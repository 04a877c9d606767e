"""The rows of an explanation: one for each field that is set, then what fairlead adds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from fairlead.dialects.losses import LEFT_OUT
from fairlead.explaining.findings import Finding
from fairlead.explaining.trees import Place, stands, value_at, within
from fairlead.explaining.written import BODY, Written, path_of
from fairlead.types.explained import ExplainedField
from fairlead.types.requests import UnsupportedPolicy

_REMOVES = "something else is not sent because of it"
_IMPLIED = "nothing need be sent for it"
_ADDED = "fairlead adds it"
_TAKEN_OUT = "left out: another field takes it out"


class Rows:
    """Turns what was found into rows."""

    def __init__(
        self,
        whole: Written,
        findings: Sequence[Finding],
        policy: UnsupportedPolicy,
        *,
        model: str,
        recommended: Sequence[str],
    ) -> None:
        self._whole = whole
        self._findings = findings
        self._policy = policy
        self._model = model
        self._recommended = frozenset(recommended)
        self._places = Counter(place for found in findings for place in found.places)
        self._covered: list[Place] = []

    def all(self) -> Iterator[ExplainedField]:
        yield self._target()
        for found in self._findings:
            yield self._field(found)
        yield from self._added()
        yield from self._rest()

    def _target(self) -> ExplainedField:
        """The model's name stands in the body or in the address."""
        if self._whole.body.get("model") == self._model:
            self._covered.append((BODY, "model"))
            return ExplainedField("model", "sent", "model", self._model)
        return ExplainedField("model", "renamed", "address", self._whole.http.url)

    def _field(self, found: Finding) -> ExplainedField:
        place = self._place(found)
        outcome = found.outcome
        if outcome == "sent" and found.unit.field in self._recommended:
            outcome = "defaulted"
        if place is None:
            return ExplainedField(found.unit.field, outcome, note=self._note(found))
        if not stands(self._whole.tree, place):
            return ExplainedField(found.unit.field, "lost", note=_TAKEN_OUT)
        self._covered.append(place)
        sent = value_at(self._whole.tree, place)
        return ExplainedField(found.unit.field, outcome, path_of(place), sent, self._note(found))

    def _place(self, found: Finding) -> Place | None:
        """Where the value stands or, in other words, the place that the fewest others change."""
        if found.found is not None:
            return found.found
        if not found.places:
            return None
        home = (BODY, *found.unit.home)
        new = found.places[: found.new]
        place = min(new or found.places, key=lambda place: (self._places[place], len(place)))
        inside = not found.unit.spoken and within(home, place)
        return home if inside and stands(self._whole.tree, home) else place

    def _note(self, found: Finding) -> str:
        unit = found.unit
        notes: list[str] = [unit.fixed] if unit.fixed else []
        if unit.field in self._recommended:
            notes.append("recommended for the model")
        if unit.is_bytes and found.places:
            notes.append("bytes as base64")
        elif found.outcome == "converted" and found.removes:
            notes.append(_REMOVES)
        elif found.outcome == "converted" and not found.places:
            notes.append(_IMPLIED)
        elif found.outcome == "converted" and self._is_part(found):
            notes.append("part of a longer text")
        notes += self._said(found)
        return "; ".join(notes) or ("left out" if found.outcome == "lost" else "")

    def _said(self, found: Finding) -> Iterator[str]:
        """What the encoding told of the field, and what a call makes of it."""
        for warning in found.warnings:
            raises = self._policy == "error" and warning.endswith(LEFT_OUT)
            yield f"{warning.removesuffix(LEFT_OUT)}; a call raises" if raises else warning
        if not found.warnings:
            lost = found.outcome == "lost"
            dropped = found.emulated or found.dropped
            yield from (f"left out: {what}" if lost else what for what in dropped)

    def _is_part(self, found: Finding) -> bool:
        value = found.unit.value
        place = self._place(found)
        sent = None if place is None else value_at(self._whole.tree, place)
        return isinstance(value, str) and isinstance(sent, str) and value in sent

    def _added(self) -> Iterator[ExplainedField]:
        """What stands in the body beside the messages and does not come from a field."""
        spoken = {self._place(found) for found in self._findings if found.unit.spoken}
        turns = [place[:2] for place in spoken if place is not None and len(place) > 1]
        for place in _uncovered(self._whole.body, (BODY,), [*self._covered, *turns]):
            sent = value_at(self._whole.tree, place)
            yield ExplainedField(
                path_of(place), "defaulted", path_of(place), sent, self._why(place)
            )

    def _why(self, place: Place) -> str:
        """The field that brings it, where one does; not what changes with whatever is said."""
        for found in self._findings:
            if not found.unit.spoken and any(_touch(place, other) for other in found.places):
                return f"comes with {found.unit.field}"
        return _ADDED

    def _rest(self) -> Iterator[ExplainedField]:
        """What was said of the request and of none of its fields."""
        told = Counter(what for found in self._findings for what in found.dropped)
        for what in (Counter(self._whole.dropped) - told).elements():
            yield ExplainedField("messages", "lost", note=f"left out: {what}")


def _touch(place: Place, other: Place) -> bool:
    return within(place, other) or within(other, place)


def _uncovered(value: object, at: Place, covered: Sequence[Place]) -> Iterator[Place]:
    """The places, as high up as nothing in them is covered."""
    if any(within(at, place) for place in covered):
        return
    if not any(within(place, at) for place in covered) and at != (BODY,):
        yield at
        return
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _uncovered(item, (*at, key), covered)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _uncovered(item, (*at, index), covered)
