"""From the arguments of `extract` and its like to a reading: what is theirs and the call's."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf, isfinite
from typing import TYPE_CHECKING, Any, cast

from msgspec.structs import replace

from fairlead.errors import InvalidRequest
from fairlead.extraction.asking import Asked, Asking
from fairlead.extraction.items import Items, OnInvalid
from fairlead.extraction.loop import Extracting, Rules
from fairlead.extraction.shape import Shape, shape_of
from fairlead.inputs import ChatOptions, Messages, checked_integer, conversation
from fairlead.types.requests import OutputMode
from fairlead.unknown_options import unknown_option

if TYPE_CHECKING:
    from fairlead.core import Core
    from fairlead.engine.reply import Reply
    from fairlead.types.events import Event
    from fairlead.types.messages import Message
    from fairlead.types.responses import ChatResponse
    from fairlead.types.routes import Model


class ItemOptions(ChatOptions, total=False):
    """The keyword arguments of `stream_items`: those of `chat` save what tools and `output` are.

    `mode` is `"auto"` unless said otherwise: the target's own structured output where it has one,
    else one forced tool, else the prompt. `on_invalid="skip"` leaves out items that are not what
    was asked for, and lists them in the warnings; otherwise the first one ends the stream.
    """

    mode: OutputMode
    on_invalid: OnInvalid


class ExtractOptions(ChatOptions, total=False):
    """The keyword arguments of `extract` and `stream_extract`.

    Those of `chat` save what tools and `output` are, and `mode` as in `ItemOptions`. The model is
    asked at most `max_attempts` times (3); `repair=True` reads an answer that is nearly JSON where
    there is one way to read it, and the warnings say so. `deadline` is for all attempts.
    """

    max_attempts: int
    mode: OutputMode
    repair: bool


_NOT_OURS = frozenset(
    {"emulate_tools", "output", "output_mode", "parallel_tool_calls", "tool_choice", "tools"}
)
_OWN = ("max_attempts", "mode", "repair", "on_invalid", "deadline")


async def open_extraction(
    core: Core,
    model: Model,
    messages: Messages,
    kind: object,
    options: ExtractOptions,
    *,
    tells: bool = True,
) -> Extracting[Any]:
    """An extraction whose first answer has begun; it `tells` of partial values. Raises like
    `stream`."""
    _check(options, ExtractOptions.__annotations__)
    shape = shape_of(kind)
    rules = replace(_rules(options), tells=tells)
    asking = _asking(core, model, messages, shape, options)
    extracting: Extracting[Any] = Extracting(asking, shape, rules)
    await extracting.begin()
    return extracting


async def open_items(
    core: Core, model: Model, messages: Messages, kind: object, options: ItemOptions
) -> Items[Any]:
    """A list that the model was asked for. Raises like `stream`."""
    _check(options, ItemOptions.__annotations__)
    on_invalid = options.get("on_invalid") or "raise"
    if on_invalid not in ("raise", "skip"):
        raise InvalidRequest("on_invalid must be raise or skip")
    shape = shape_of(kind, items=True)
    items: Items[Any] = Items(_asking(core, model, messages, shape, options), shape, on_invalid)
    await items.begin()
    return items


def _check(options: Mapping[str, object], known: Mapping[str, object]) -> None:
    for name in options:
        if name in _NOT_OURS:
            raise InvalidRequest(
                f"{name} cannot be given here: the type says what the answer is, and tools are "
                "for run() and chat()"
            )
        if name not in known:
            raise unknown_option(name, known)


def _rules(options: ExtractOptions) -> Rules:
    attempts = options.get("max_attempts")
    if attempts is not None and checked_integer("max_attempts", attempts) < 1:
        raise InvalidRequest("max_attempts must be at least 1")
    repair = options.get("repair") or False
    if not isinstance(repair, bool):
        raise InvalidRequest("repair must be true or false")
    return Rules(attempts or Rules().max_attempts, repair)


def _caches(core: Core, said: Mapping[str, object]) -> bool:
    wish = said.get("cache")
    by_default = core.settings.cache.enabled or said.get("cache_ttl") is not None
    return bool(wish) or (wish is None and by_default)


def _asking(
    core: Core,
    model: Model,
    messages: Messages,
    shape: Shape,
    options: ExtractOptions | ItemOptions,
) -> Asking:
    said = cast("dict[str, Any]", {k: v for k, v in options.items() if k not in _OWN})
    said["output"] = shape.output
    said["output_mode"] = options.get("mode") or "auto"
    allowed = core.allowed(options.get("deadline"), inf)
    again: dict[str, Any] = {}

    async def ask(turns: tuple[Message, ...], left: float) -> Reply[Event, ChatResponse]:
        own = {**said, **again, "deadline": left} if isfinite(left) else {**said, **again}
        if _caches(core, said):
            # Who makes the same mistake again is corrected in the same words: what is kept for
            # them is the mistake.
            again["cache"] = "refresh"
        return await core.stream(model, turns, cast("ChatOptions", own))

    def price(answer: ChatResponse) -> ChatResponse:
        return core.priced(answer, said)

    return Asking(
        Asked(
            conversation(messages),
            ask,
            price,
            core.runtime,
            allowed,
            options.get("max_tokens"),
            core.settings.limits.total,
        )
    )
