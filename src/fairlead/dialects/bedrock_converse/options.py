"""What only Converse can be asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from fairlead.dialects.bedrock_converse.wire import NAME
from fairlead.types.requests import Options


class BedrockOptions(Options, frozen=True, omit_defaults=True, kw_only=True):
    """Options of `bedrock_converse`. Mappings are sent as they are; None is not sent.

    `additional`: fields of the model itself (`additionalModelRequestFields`).
    `additional_response`: JSON pointers to fields of the model's own answer; what they give stands
    in the provider state of the answer's message.
    `thinking`: the model's own field of that name, such as
    `{"type": "enabled", "budget_tokens": 4096}`; with `effort` (`outputConfig.effort`) it is the
    exact way to say what `reasoning_effort` says roughly. Give one or the other.
    `guardrail`: such as `{"guardrailIdentifier": ..., "guardrailVersion": "1"}`.
    `cache`: how long the conversation so far stays in the provider's cache. A breakpoint elsewhere
    is a part: `Opaque("cachePoint", ProviderState("bedrock_converse",
    '{"cachePoint":{"type":"default"}}'))`; any other block can be given in the same way.
    `citations`: whether answers cite the documents that the request carries.
    `latency`, `service_tier`: of the computing behind the model.
    `request_metadata`: what the provider's logs of invocations show.
    `prompt_variables`: for a model that is a stored prompt.
    """

    dialect: ClassVar[str] = NAME

    additional: Mapping[str, object] | None = None
    additional_response: tuple[str, ...] = ()
    thinking: Mapping[str, object] | None = None
    effort: str | None = None
    guardrail: Mapping[str, object] | None = None
    cache: Literal["5m", "1h"] | None = None
    citations: bool | None = None
    latency: Literal["standard", "optimized"] | None = None
    service_tier: Literal["default", "priority", "flex", "reserved"] | None = None
    request_metadata: Mapping[str, str] | None = None
    prompt_variables: Mapping[str, str] | None = None
