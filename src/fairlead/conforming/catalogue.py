"""All protocols and all checks, in the order in which they are asked."""

from __future__ import annotations

from collections.abc import Iterable

from fairlead.conforming.anthropic_messages import AnthropicMessages
from fairlead.conforming.check import Check
from fairlead.conforming.checks import (
    agreement,
    answers,
    cancelling,
    errors,
    headers,
    limits,
    output,
    streams,
    text,
    tools,
)
from fairlead.conforming.openai_chat import OpenAIChat
from fairlead.conforming.openai_responses import OpenAIResponses
from fairlead.conforming.protocol import Protocol
from fairlead.errors import InvalidRequest

PROTOCOLS: tuple[Protocol, ...] = (OpenAIChat(), OpenAIResponses(), AnthropicMessages())
CHECKS: tuple[Check, ...] = (
    *answers.CHECKS,
    *streams.CHECKS,
    *agreement.CHECKS,
    *tools.CHECKS,
    *output.CHECKS,
    *limits.CHECKS,
    *text.CHECKS,
    *headers.CHECKS,
    *errors.CHECKS,
    *cancelling.CHECKS,
)
AREAS: tuple[str, ...] = tuple(dict.fromkeys(item.area for item in CHECKS))


def protocol_named(name: str) -> Protocol:
    """Raises `InvalidRequest` for a dialect that has no checks."""
    for protocol in PROTOCOLS:
        if protocol.name == name:
            return protocol
    known = ", ".join(protocol.name for protocol in PROTOCOLS)
    raise InvalidRequest(f"there are no checks for the dialect {name!r}; there are {known}")


def checks_of(areas: Iterable[str]) -> tuple[Check, ...]:
    """The checks of these areas; all where none is named. Raises `InvalidRequest`."""
    wanted = set(areas)
    unknown = sorted(wanted - set(AREAS))
    if unknown:
        raise InvalidRequest(f"there is no area {unknown[0]!r}; there are {', '.join(AREAS)}")
    return tuple(item for item in CHECKS if not wanted or item.area in wanted)
