"""The shapes that come over the wire: only the fields that are read, tolerant where they vary."""

from __future__ import annotations

import msgspec
from msgspec import Raw, Struct

from fairlead.dialects import jsontext, rawjson
from fairlead.dialects.rawjson import NOTHING
from fairlead.errors import DecodeError

NAME = "ag_ui"


class Frame(Struct, gc=False, rename="camel"):
    """One event: what those have that come often. `delta` is a list where state changes."""

    type: str | None = None
    message_id: str | None = None
    delta: str | list[Raw] | None = None
    tool_call_id: str | None = None
    tool_call_name: str | None = None
    parent_message_id: str | None = None
    role: str | None = None
    name: str | None = None
    subagent_run_id: str | None = None


class Details(Struct, rename="camel"):
    """What else an event may hold."""

    thread_id: str | None = None
    run_id: str | None = None
    content: Raw = NOTHING
    snapshot: Raw = NOTHING
    delta: Raw = NOTHING
    messages: Raw = NOTHING
    activity_type: str | None = None
    replace: bool | None = None
    patch: Raw = NOTHING
    entity_id: str | None = None
    encrypted_value: str | None = None
    outcome: Raw = NOTHING
    interrupt: Raw = NOTHING
    result: Raw = NOTHING
    usage: Raw = NOTHING


class Outcome(Struct, rename="camel"):
    """How a run ended. Calls that are pending wait for the caller."""

    type: str | None = None
    pending_tool_call_ids: list[str] | None = None
    interrupts: list[Raw] | None = None


class Interrupt(Struct):
    message: str | None = None
    reason: str | None = None


class Part(Struct):
    """A piece of a tool's result."""

    type: str | None = None
    text: str | None = None


class Function(Struct):
    name: str | None = None
    arguments: str | None = None


class Call(Struct):
    id: str | None = None
    function: Function | None = None


class Message(Struct, rename="camel"):
    """A message of the conversation, as the agent keeps it."""

    id: str | None = None
    role: str | None = None
    content: Raw = NOTHING
    tool_calls: list[Call] | None = None
    tool_call_id: str | None = None


class _Kind(Struct):
    type: object = None


FRAME = msgspec.json.Decoder(Frame)
DETAILS = msgspec.json.Decoder(Details)
OUTCOME = msgspec.json.Decoder(Outcome)
INTERRUPT = msgspec.json.Decoder(Interrupt)
PARTS = msgspec.json.Decoder(list[Part])
MESSAGES = msgspec.json.Decoder(list[Message])
_KIND = msgspec.json.Decoder(_Kind)

SPOKEN = frozenset(
    {
        "TEXT_MESSAGE_START",
        "TEXT_MESSAGE_CONTENT",
        "TEXT_MESSAGE_END",
        "TEXT_MESSAGE_CHUNK",
        "TOOL_CALL_START",
        "TOOL_CALL_ARGS",
        "TOOL_CALL_END",
        "TOOL_CALL_CHUNK",
        "TOOL_CALL_RESULT",
        "RUN_STARTED",
        "RUN_FINISHED",
        "RUN_ERROR",
    }
)
"""Events without which an answer is not whole."""


IGNORED = frozenset(
    {
        "RAW",
        "CUSTOM",
        "STEP_STARTED",
        "STEP_FINISHED",
        "REASONING_START",
        "REASONING_MESSAGE_START",
        "REASONING_MESSAGE_END",
        "THINKING_START",
        "THINKING_END",
        "THINKING_TEXT_MESSAGE_START",
        "SUBAGENT_STARTED",
        "SUBAGENT_FINISHED",
        "SUBAGENT_ERROR",
    }
)
"""Progress that is no part of the answer, and that no conversation needs."""


def delta_of(frame: Frame) -> str:
    """The text that an event adds."""
    return frame.delta if isinstance(frame.delta, str) else ""


def outcome_of(details: Details) -> Outcome:
    """How the run ended: an object; before 1.0 a word, with its interrupt beside it."""
    outcome = rawjson.optional(details.outcome, OUTCOME)
    if outcome is None:
        outcome = Outcome(type=rawjson.optional(details.outcome, rawjson.STRING))
        if rawjson.present(details.interrupt):
            outcome.interrupts = [details.interrupt]
    return outcome


def read_frame(data: bytes) -> Frame:
    """One event, also of a kind that is not known yet. Raises `DecodeError`."""
    try:
        return jsontext.decode(data, FRAME)
    except DecodeError:
        kind = jsontext.decode(data, _KIND).type
        if not isinstance(kind, str) or kind in SPOKEN:
            raise
        return Frame(type="UNKNOWN")
