"""What a protocol says of itself where the protocols differ: places, shapes, ends of streams."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar

import msgspec

from fairlead.conforming.answer import at
from fairlead.framing.sse import Frame

SSE = "https://html.spec.whatwg.org/multipage/server-sent-events.html"
HTTP = "https://www.rfc-editor.org/rfc/rfc9110.html"
_VERSION = "/v1"
JSON = "https://www.rfc-editor.org/rfc/rfc8259.html"


class Protocol(ABC):
    """Base of the protocols. A method `..._problem` gives a sentence, or None where all is well.

    `sources` maps the topics of checks to pages of documentation.
    """

    name: ClassVar[str]
    path: ClassVar[str]
    models_path: ClassVar[str]
    headers: ClassVar[tuple[tuple[str, str], ...]] = ()
    request_ids: ClassVar[tuple[str, ...]] = ("x-request-id",)
    sources: ClassVar[Mapping[str, str]]
    limit_field: ClassVar[str] = "max_tokens"

    def url(self, base: str, path: str) -> str:
        """The address of `path`, which `base` may hold already, or a part of it."""
        base = base.rstrip("/").removesuffix(self.path)
        return (base.removesuffix(_VERSION) if path.startswith(f"{_VERSION}/") else base) + path

    def key_headers(self, key: str) -> tuple[tuple[str, str], ...]:
        return (("authorization", f"Bearer {key}"),)

    @abstractmethod
    def error_problem(self, data: object) -> str | None:
        """What is wrong with the body of an error."""

    @abstractmethod
    def answer_problem(self, data: object) -> str | None:
        """What is wrong with the form of a whole answer."""

    @abstractmethod
    def end_problem(self, frames: Sequence[Frame]) -> str | None:
        """What is wrong with how a stream ends."""

    @abstractmethod
    def events_problem(self, frames: Sequence[Frame]) -> str | None:
        """What is wrong with the events of a stream, one by one and together."""

    @abstractmethod
    def usage_problem(self, usage: object) -> str | None:
        """What is wrong with the usage of a whole answer, as the server put it."""


def parsed(frame: Frame) -> object:
    """The event's data as JSON; None where it is none."""
    try:
        return msgspec.json.decode(frame[1])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def shape_problem(data: object, shape: Mapping[str, type | tuple[type, ...]]) -> str | None:
    """The first field of an object that is missing or of another type; dots go further in."""
    if not isinstance(data, dict):
        return "it is no JSON object"
    for place, kind in shape.items():
        steps = [int(step) if step.isdigit() else step for step in place.split(".")]
        found = at(data, *steps)
        if not isinstance(found, kind) or (isinstance(found, bool) and kind is int):
            return f"{place} is {_shown(found)}"
    return None


def sum_problem(usage: object, parts: Sequence[str], total: str) -> str | None:
    """What is wrong with counts that ought to add up to a total."""
    counts = [at(usage, name) for name in (*parts, total)]
    numbers = [count for count in counts if isinstance(count, int)]
    if len(numbers) < len(counts):
        return f"usage has no numbers in {', '.join((*parts, total))}"
    if any(number <= 0 for number in numbers):
        return f"usage counts nothing: {_listed((*parts, total), numbers)}"
    if sum(numbers[:-1]) != numbers[-1]:
        return f"usage does not add up: {_listed((*parts, total), numbers)}"
    return None


def named_problem(frames: Sequence[Frame]) -> str | None:
    """Where events carry their name twice, in the framing and in the data, both must agree."""
    for name, data, _ in frames:
        told = at(parsed((name, data, b"")), "type")
        if not isinstance(told, str):
            return f"an event has no type: {data[:60].decode('utf-8', 'replace')}"
        if name.decode("utf-8", "replace") != told:
            return f"an event of type {told} is called {name.decode('utf-8', 'replace')!r}"
    return None


def _listed(names: Sequence[str], numbers: Sequence[int]) -> str:
    return ", ".join(f"{name} {number}" for name, number in zip(names, numbers, strict=True))


def _shown(value: object) -> str:
    if value is None:
        return "missing"
    return f"{msgspec.json.encode(value).decode()[:60]}, of the wrong type"
