"""What only this protocol can be asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from fairlead.dialects.cohere.wire import NAME
from fairlead.types.requests import Options


class CohereOptions(Options, frozen=True, omit_defaults=True, kw_only=True):
    """Options of `cohere`; None is not sent.

    `thinking`: such as `{"type": "enabled", "token_budget": 2000}`, the exact way to say what
    `reasoning_effort` says roughly; give one or the other.
    `citation_mode`: how answers cite documents and tool results; `OFF` switches citations off.
    `strict_tools`: whether tool calls follow their schemas, for all tools alike.
    `priority`: 0 is the most urgent, 999 the least.
    """

    dialect: ClassVar[str] = NAME

    thinking: Mapping[str, object] | None = None
    citation_mode: Literal["ENABLED", "DISABLED", "FAST", "ACCURATE", "OFF"] | None = None
    safety_mode: Literal["CONTEXTUAL", "STRICT", "OFF"] | None = None
    strict_tools: bool | None = None
    priority: int | None = None
