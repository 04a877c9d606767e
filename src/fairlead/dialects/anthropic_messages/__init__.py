"""Anthropic's Messages protocol (`POST /v1/messages`), spoken by Claude and many others."""

from __future__ import annotations

from fairlead.dialects.anthropic_messages.dialect import AnthropicMessages
from fairlead.dialects.anthropic_messages.options import AnthropicOptions

__all__ = ["DIALECT", "AnthropicMessages", "AnthropicOptions"]

DIALECT = AnthropicMessages()
