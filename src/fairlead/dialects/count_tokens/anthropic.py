"""Anthropic's token counts (`POST /v1/messages/count_tokens`), of what Messages would send."""

from __future__ import annotations

from fairlead.dialects.anthropic_messages import DIALECT as MESSAGES
from fairlead.dialects.counting import counted, cut, to_count
from fairlead.errors import ApiError
from fairlead.ports import Encoded
from fairlead.types.http import Headers
from fairlead.types.operations import TokenCount
from fairlead.types.requests import ChatRequest, UnsupportedPolicy
from fairlead.types.targets import Target

_NOT_TAKEN = frozenset({"max_tokens", "metadata", "service_tier", "inference_geo", "container"})


class AnthropicTokens:
    """See `ports.Operation`. It holds nothing."""

    __slots__ = ()
    name = "anthropic"

    def encode(
        self, request: ChatRequest, target: Target, *, unsupported: UnsupportedPolicy
    ) -> Encoded:
        asked = to_count(request)
        sent = MESSAGES.encode(asked, target, stream=False, unsupported=unsupported)
        return cut(sent, request, target, _NOT_TAKEN)

    def decode(self, body: bytes, request: ChatRequest, target: Target) -> TokenCount:
        return counted(body, target, "input_tokens")

    def decode_error(self, status: int, headers: Headers, body: bytes, target: Target) -> ApiError:
        return MESSAGES.decode_error(status, headers, body, target)


DIALECT = AnthropicTokens()
