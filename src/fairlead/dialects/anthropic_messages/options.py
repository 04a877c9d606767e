"""What only this protocol can be asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from fairlead.dialects.anthropic_messages.wire import NAME
from fairlead.types.requests import Options


class AnthropicOptions(Options, frozen=True, omit_defaults=True, kw_only=True):
    """Options of `anthropic_messages`. Mappings are sent as they are; None is not sent.

    `thinking`: such as `{"type": "adaptive", "display": "summarized"}` or
    `{"type": "enabled", "budget_tokens": 4096}`. With `effort` it is the exact way to say what
    `reasoning_effort` says roughly; give one or the other.
    `cache`: how long the conversation so far stays in the provider's cache (top-level
    `cache_control`). A breakpoint on a single part is set by that part's own provider state:
    `ProviderState("anthropic_messages", '{"cache_control":{"type":"ephemeral"}}')`.
    `citations`: whether answers cite the documents that the request carries.
    `betas`: names for the `anthropic-beta` header, which on Bedrock is a field of the body.
    `api_version`: the `anthropic-version` header; on Bedrock and Vertex the body's
    `anthropic_version`, such as `bedrock-2023-05-31`. From 2026-10-21 on, the protocol has no
    `temperature`, `top_p` and `top_k`.
    `container`: an id, or an object with skills. An unfinished turn sends its own id back.
    """

    dialect: ClassVar[str] = NAME

    thinking: Mapping[str, object] | None = None
    effort: Literal["low", "medium", "high", "xhigh", "max"] | None = None
    cache: Literal["5m", "1h"] | None = None
    citations: bool | None = None
    betas: tuple[str, ...] = ()
    api_version: str | None = None
    metadata: Mapping[str, object] | None = None
    service_tier: Literal["auto", "standard_only"] | None = None
    container: str | Mapping[str, object] | None = None
    context_management: Mapping[str, object] | None = None
    mcp_servers: tuple[Mapping[str, object], ...] = ()
    inference_geo: str | None = None
    speed: Literal["standard", "fast"] | None = None

    def __repr__(self) -> str:
        """All that is set. MCP servers carry tokens, so only their names are shown."""
        shown = [
            f"{name}={value!r}"
            for name in self.__struct_fields__
            if name != "mcp_servers" and (value := getattr(self, name)) not in (None, ())
        ]
        if self.mcp_servers:
            shown.append(f"mcp_servers={[server.get('name') for server in self.mcp_servers]}")
        return f"AnthropicOptions({', '.join(shown)})"
