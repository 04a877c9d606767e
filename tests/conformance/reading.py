"""What a test read out of a recorded body by itself, and how an answer of ours differs from it."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct
from tests.growing import standard

from fairlead.types.responses import ChatResponse


class Reading(Struct, frozen=True, kw_only=True):
    """An independent reading of one body.

    `tool_calls` holds (id, name, arguments) of the calls of the caller's tools; an id of None
    stands for one that was made up. `usage` holds the figures to compare under the names of
    `Usage`, its totals included; None where the body reports none. A field that is None otherwise
    is not compared.
    """

    text: str = ""
    reasoning: str | None = ""
    refusal: str = ""
    tool_calls: tuple[tuple[str | None, str, str], ...] = ()
    citations: tuple[str | None, ...] | None = ()
    usage: dict[str, int] | None = None
    finish: str | None = None
    raw_finish: str | None = None
    model: str | None = None
    id: str | None = None
    alternatives: int | None = None

    @property
    def whole_calls(self) -> tuple[tuple[str | None, str, str], ...]:
        """Those that the caller must answer: not the one that the length of the answer cut."""
        if self.finish != "length" or not self.tool_calls:
            return self.tool_calls
        _, _, arguments = self.tool_calls[-1]
        value = standard(arguments)
        is_whole = value is not None and isinstance(value[0], dict) and value[0] != {}
        return self.tool_calls if is_whole else self.tool_calls[:-1]


def differences(reading: Reading, response: ChatResponse) -> Iterator[str]:
    """One sentence for each thing that is not as it was read."""
    pairs: list[tuple[str, object, object]] = [
        ("text", reading.text, response.text),
        ("reasoning", reading.reasoning, response.reasoning),
        ("refusal", reading.refusal, response.refusal),
        ("finish", reading.finish, response.finish_reason),
        ("raw finish", reading.raw_finish, response.raw_finish_reason),
        ("model", reading.model, response.model),
        ("id", reading.id, response.id),
        ("alternatives", reading.alternatives, len(response.alternatives)),
    ]
    if reading.citations is not None:
        urls = tuple(citation.url for citation in response.citations)
        pairs.append(("citations", reading.citations, urls))
    for name, expected, found in pairs:
        if expected is not None and expected != found:
            yield f"{name}: the body says {_short(expected)}, we say {_short(found)}"
    yield from _calls(reading, response)
    yield from _usage(reading, response)


def _calls(reading: Reading, response: ChatResponse) -> Iterator[str]:
    found = [(call.id, call.name, call.arguments) for call in response.tool_calls]
    expected = list(reading.whole_calls)
    if len(found) != len(expected):
        yield f"tool calls: the body has {expected!r:.200}, we have {found!r:.200}"
        return
    for (call_id, *rest), (our_id, *ours) in zip(expected, found, strict=True):
        if (call_id is not None and call_id != our_id) or not our_id or rest != ours:
            theirs = (call_id, *rest)
            yield f"tool call: the body has {theirs!r:.200}, we have {(our_id, *ours)!r:.200}"


def _usage(reading: Reading, response: ChatResponse) -> Iterator[str]:
    if (reading.usage is None) != (response.usage is None):
        yield f"usage: the body says {reading.usage}, we say {response.usage!r:.200}"
    elif reading.usage is not None:
        for name, figure in reading.usage.items():
            ours = getattr(response.usage, name)
            if ours != figure:
                yield f"usage.{name}: the body says {figure}, we say {ours}"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 160 else f"{text[:80]} ... {text[-70:]}"
