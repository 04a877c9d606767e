"""The dialect as the engine sees it: encode, decode, and say which error a refusal is."""

from __future__ import annotations

from fairlead.dialects.cohere.decode import ChatDecoder
from fairlead.dialects.cohere.encode import encode
from fairlead.dialects.cohere.failures import api_error
from fairlead.dialects.cohere.wire import NAME
from fairlead.errors import ApiError
from fairlead.ports import Encoded, Limits
from fairlead.types.http import Headers
from fairlead.types.requests import ChatRequest, UnsupportedPolicy
from fairlead.types.targets import Target


class CohereChat:
    """The client role of `cohere`. It takes `documents` as such."""

    __slots__ = ()

    native_documents = True

    @property
    def name(self) -> str:
        return NAME

    def encode(
        self, request: ChatRequest, target: Target, *, stream: bool, unsupported: UnsupportedPolicy
    ) -> Encoded:
        return encode(request, target, stream=stream, unsupported=unsupported)

    def decoder(self, request: ChatRequest, target: Target, limits: Limits) -> ChatDecoder:
        return ChatDecoder(target, limits)

    def decode_error(self, status: int, headers: Headers, body: bytes, target: Target) -> ApiError:
        return api_error(body, target, status=status, headers=headers)
