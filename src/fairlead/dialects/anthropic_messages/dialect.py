"""The dialect as the engine sees it: encode, decode, and say which error a refusal is."""

from __future__ import annotations

from fairlead.dialects.anthropic_messages.decode import MessagesDecoder
from fairlead.dialects.anthropic_messages.encode import encode
from fairlead.dialects.anthropic_messages.failures import api_error
from fairlead.dialects.anthropic_messages.wire import NAME
from fairlead.errors import ApiError
from fairlead.ports import Encoded, Limits
from fairlead.types.http import Headers
from fairlead.types.requests import ChatRequest, UnsupportedPolicy
from fairlead.types.targets import Target


class AnthropicMessages:
    """The client role of `anthropic_messages`. It takes `documents` as such."""

    __slots__ = ()

    native_documents = True

    @property
    def name(self) -> str:
        return NAME

    def encode(
        self, request: ChatRequest, target: Target, *, stream: bool, unsupported: UnsupportedPolicy
    ) -> Encoded:
        return encode(request, target, stream=stream, unsupported=unsupported)

    def decoder(self, request: ChatRequest, target: Target, limits: Limits) -> MessagesDecoder:
        return MessagesDecoder(request, target, limits)

    def decode_error(self, status: int, headers: Headers, body: bytes, target: Target) -> ApiError:
        return api_error(body, target, status=status, headers=headers)
