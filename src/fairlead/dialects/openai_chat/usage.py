"""Tokens and money out of the many spellings of a Chat Completions usage object.

The figures come once an answer, and no odd one among them may spoil it: they are read all at once,
and where that fails one by one, the odd ones counting nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta, Struct, structs
from msgspec.structs import replace

from fairlead.dialects.figures import dollars_of, told_cost
from fairlead.types.targets import Quirks
from fairlead.types.usage import Cost, Usage

_T = TypeVar("_T", bound=Struct)

_MOST_TOKENS = 2**53
_Count = Annotated[int, Meta(ge=0, le=_MOST_TOKENS)] | None


class _InputDetails(Struct):
    cached_tokens: _Count = 0
    cache_write_tokens: _Count = 0
    audio_tokens: _Count = 0


class _OutputDetails(Struct):
    reasoning_tokens: _Count = 0
    audio_tokens: _Count = 0


class _WritesByLife(Struct):
    ephemeral_5m_input_tokens: _Count = 0
    ephemeral_1h_input_tokens: _Count = 0


class _Figures(Struct):
    prompt_tokens: _Count = 0
    completion_tokens: _Count = 0
    total_tokens: _Count = 0
    reasoning_tokens: _Count = 0
    prompt_cache_hit_tokens: _Count = 0
    cached_tokens: _Count = 0
    num_cached_tokens: _Count = 0
    cache_read_input_tokens: _Count = 0
    cache_creation_input_tokens: _Count = 0
    prompt_tokens_details: _InputDetails | None = None
    prompt_token_details: _InputDetails | None = None
    input_tokens_details: _InputDetails | None = None
    completion_tokens_details: _OutputDetails | None = None
    cache_creation: _WritesByLife | None = None
    cost: object = None
    estimated_cost: object = None
    cost_in_usd_ticks: object = None
    is_byok: object = None
    cost_details: object = None


_FIGURES = msgspec.json.Decoder(_Figures)
_NO_FIGURES = _Figures()
_NO_INPUT_DETAILS = (None, _InputDetails())
_NO_OUTPUT_DETAILS = (None, _OutputDetails())
_OBJECTS: dict[str, type[Struct]] = {
    "prompt_tokens_details": _InputDetails,
    "prompt_token_details": _InputDetails,
    "input_tokens_details": _InputDetails,
    "completion_tokens_details": _OutputDetails,
    "cache_creation": _WritesByLife,
}


class Reported:
    """The figures of all usage objects of one answer, each as it was last told."""

    __slots__ = ("_cost", "_figures", "_tier", "raw")

    def __init__(self) -> None:
        self._figures: dict[str, object] = {}
        self._cost: object = None
        self._tier: str | None = None
        self.raw: str | None = None

    def add(self, usage: Mapping[str, object], raw: str | None = None) -> None:
        """Merge `usage` in: a figure that is absent or null takes nothing away."""
        if self._figures:
            _merge(self._figures, usage)
        else:
            self._figures = {name: value for name, value in usage.items() if value is not None}
        self.raw = raw or self.raw

    def add_cost(self, cost: object) -> None:
        """A cost that stands beside the usage object."""
        self._cost = cost

    def add_tier(self, tier: object) -> None:
        """The service tier, which stands beside the usage object as well."""
        self._tier = tier if isinstance(tier, str) else self._tier

    def usage(self, quirks: Quirks) -> Usage | None:
        """The tokens in disjoint buckets, or None where none were reported."""
        if not self._figures:
            return None
        usage = _buckets(_read(self._figures), quirks, self.raw)
        return usage if self._tier is None else replace(usage, service_tier=self._tier)

    def cost(self) -> Cost | None:
        """What the provider says the answer cost, or None."""
        figures = self._figures
        told = figures.get("cost", figures.get("estimated_cost", self._cost))
        return _money({**figures, "cost": told})


Counted = tuple[Usage | None, Cost | None]


def counted(usage: bytes, quirks: Quirks) -> Counted | None:
    """Tokens and money of an answer's only usage object; None where it is empty or odd."""
    try:
        figures = _FIGURES.decode(usage)
        raw = bytes(usage).decode()  # fields that are skipped were not decoded yet
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if figures == _NO_FIGURES:
        return None
    if simple := _simple(figures, raw):
        return simple, None
    if figures.cost is None:
        figures.cost = figures.estimated_cost
    return _buckets(figures, quirks, raw), _money(structs.asdict(figures))


def _simple(figures: _Figures, raw: str) -> Usage | None:
    """The tokens of an answer that used no cache, no sound and no reasoning, as most do not."""
    prompt, completion, total = (
        figures.prompt_tokens,
        figures.completion_tokens,
        figures.total_tokens,
    )
    if prompt is None or completion is None or total != prompt + completion:
        return None
    read, said = figures.prompt_tokens_details, figures.completion_tokens_details
    if read not in _NO_INPUT_DETAILS or said not in _NO_OUTPUT_DETAILS:
        return None
    # Comparing structs tests all other fields at once, at the speed of C.
    alone = _Figures(
        prompt_tokens=prompt,
        completion_tokens=completion,
        total_tokens=total,
        prompt_tokens_details=read,
        completion_tokens_details=said,
    )
    if figures != alone:
        return None
    return Usage(input=prompt, output=completion, raw=raw)


def _buckets(figures: _Figures, quirks: Quirks, raw: str | None) -> Usage:
    prompt = figures.prompt_tokens or 0
    read, write, write_1h, audio = _inputs(figures)
    # A provider that counts the cache or audio apart gives itself away by more than the prompt.
    apart = quirks.cache_excluded_from_input or read + write + write_1h > prompt
    rest = prompt - (0 if apart else read + write + write_1h)
    output, reasoning, audio_output = _outputs(figures, quirks)
    if audio > rest and (figures.total_tokens or 0) == prompt + (figures.completion_tokens or 0):
        audio = rest  # the others were read from the cache
    return Usage(
        input=rest - (audio if audio <= rest else 0),
        cache_read=read,
        cache_write=write,
        cache_write_1h=write_1h,
        audio_input=audio,
        output=output,
        reasoning=reasoning,
        audio_output=audio_output,
        raw=raw,
    )


def _money(figures: Mapping[str, object]) -> Cost | None:
    cost = figures.get("cost")
    if isinstance(cost, dict):
        cost = cost.get("total_cost", cost.get("usd"))
    if cost is None and (count := _count(figures.get("cost_in_usd_ticks"))):
        return Cost(dollars_of(count), "provider")
    return told_cost({**figures, "cost": cost})


def _inputs(figures: _Figures) -> tuple[int, int, int, int]:
    """Tokens read from the cache, written to it for a short time and for an hour, and of sound."""
    read = max(
        figures.cached_tokens or 0,
        figures.num_cached_tokens or 0,
        figures.prompt_cache_hit_tokens or 0,
        figures.cache_read_input_tokens or 0,
    )
    write = figures.cache_creation_input_tokens or 0
    hour = audio = 0
    if by_life := figures.cache_creation:
        hour = by_life.ephemeral_1h_input_tokens or 0
        write = max(write, hour + (by_life.ephemeral_5m_input_tokens or 0))
    for details in (
        figures.prompt_tokens_details,
        figures.prompt_token_details,
        figures.input_tokens_details,
    ):
        if details is not None:
            read = max(read, details.cached_tokens or 0)
            write = max(write, details.cache_write_tokens or 0)
            audio = max(audio, details.audio_tokens or 0)
    return read, write - hour, hour, audio


def _outputs(figures: _Figures, quirks: Quirks) -> tuple[int, int, int]:
    """Tokens of text, of reasoning and of sound.

    The provider's own total tells whether the completion includes the reasoning; the quirk where
    it cannot.
    """
    completion = figures.completion_tokens or 0
    reasoning, audio = figures.reasoning_tokens or 0, 0
    if details := figures.completion_tokens_details:
        reasoning = max(reasoning, details.reasoning_tokens or 0)
        audio = details.audio_tokens or 0
    visible = (figures.prompt_tokens or 0) + completion
    total = figures.total_tokens
    if total == visible + reasoning:
        excluded = reasoning > 0
    elif total == visible:
        excluded = False
    else:
        excluded = quirks.reasoning_excluded_from_output or reasoning > completion
    if not excluded:
        reasoning = min(reasoning, completion)
        completion -= reasoning
    audio = min(audio, completion)
    return completion - audio, reasoning, audio


def _merge(into: dict[str, object], new: Mapping[str, object]) -> None:
    for name, value in new.items():
        held = into.get(name)
        if isinstance(held, dict) and isinstance(value, dict):
            merged = dict(held)
            _merge(merged, value)
            into[name] = merged
        elif value is not None:
            into[name] = value


def _read(figures: dict[str, object]) -> _Figures:
    try:
        return msgspec.convert(figures, _Figures)
    except msgspec.ValidationError:
        return _one_by_one(figures, _Figures)


def _one_by_one(figures: Mapping[str, object], kind: type[_T]) -> _T:
    """Every figure that is one; 0 for what cannot be a count, None for what is no object."""
    found: dict[str, object] = {}
    for name in kind.__struct_fields__:
        value = figures.get(name)
        if name not in _OBJECTS:
            found[name] = _count(value)
        elif isinstance(value, dict):
            found[name] = _one_by_one(value, _OBJECTS[name])
    return kind(**found)


def _count(value: object) -> int:
    """A number of tokens; 0 for anything that cannot be one."""
    if type(value) is float and value.is_integer():
        value = int(value)
    return value if type(value) is int and 0 <= value <= _MOST_TOKENS else 0
