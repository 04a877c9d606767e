"""Tools: a forced call comes, whole and streamed, with arguments by its schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from fairlead.conforming.check import Said, check, failed, judged, passed
from fairlead.conforming.wishes import CLOCK, WEATHER
from fairlead.schemas.validate import Validator
from fairlead.types.messages import Message, ToolResult
from fairlead.types.tools import NamedTool

if TYPE_CHECKING:
    from fairlead.conforming.answer import Answer
    from fairlead.conforming.peer import Peer

_AREA = "tools"
_QUESTION = "What is the weather in Paris?"
_TOKENS = 100


@check(
    _AREA,
    "whole",
    "a call that is required comes, with arguments by its schema",
    "tools",
    optional=True,
)
def whole(peer: Peer) -> Said:
    return _called(peer, _asked(peer))


@check(_AREA, "streamed", "the same in a stream", "tools", optional=True)
def streamed(peer: Peer) -> Said:
    return _called(peer, _asked(peer, stream=True))


@check(_AREA, "ids", "every call has an id, whole and streamed", "tools", optional=True)
def ids(peer: Peer) -> Said:
    for how, answer in (("whole", _asked(peer)), ("streamed", _asked(peer, stream=True))):
        calls = peer.read(answer).tool_calls
        if not calls:
            return failed(f"{how}: no tool was called")
        told = answer.body.decode("utf-8", "replace")
        if any(f'"{call.id}"' not in told for call in calls):
            return failed(f"{how}: the call of {calls[0].name} has no id")
    return passed("they have")


@check(_AREA, "result", "a call and its result may be sent back", "tools", optional=True)
def result(peer: Peer) -> Said:
    first = peer.read(_asked(peer))
    if not first.tool_calls:
        return failed("no tool was called")
    results = [ToolResult(call.id, "18 degrees, sunny") for call in first.tool_calls]
    said = (Message.user(_QUESTION), first.message, *(Message.tool(item) for item in results))
    answer = peer.read(peer.ask(messages=said, tools=(WEATHER,), max_tokens=_TOKENS))
    return judged(None if answer.message.parts else "the answer is empty", "it was answered")


@check(_AREA, "by name", "of two tools, the one that is named is called", "tools", optional=True)
def by_name(peer: Peer) -> Said:
    answer = peer.ask(
        prompt=_QUESTION,
        tools=(WEATHER, CLOCK),
        tool_choice=NamedTool(CLOCK.name),
        max_tokens=_TOKENS,
    )
    names = [call.name for call in peer.read(answer).tool_calls]
    told = f"{' and '.join(names) or 'no tool'} was called"
    return judged(None if set(names) == {CLOCK.name} else told, told)


CHECKS = (whole, streamed, ids, result, by_name)


def _asked(peer: Peer, *, stream: bool = False) -> Answer:
    return peer.ask_once(
        stream=stream,
        prompt=_QUESTION,
        tools=(WEATHER,),
        tool_choice="required",
        max_tokens=_TOKENS,
    )


def _called(peer: Peer, answer: Answer) -> Said:
    calls = peer.read(answer).tool_calls
    if not calls:
        return failed("no tool was called")
    if calls[0].name != WEATHER.name:
        return failed(f"{calls[0].name} was called, not {WEATHER.name}")
    try:
        arguments = msgspec.json.decode(calls[0].arguments)
    except msgspec.DecodeError:
        return failed(f"the arguments are no JSON: {calls[0].arguments[:60]}")
    problem = next(Validator(WEATHER.parameters or {}).problems(arguments), None)
    return judged(None if problem is None else f"the arguments: {problem}", calls[0].arguments)
