"""The dialect as the engine sees it: encode, decode, and say which error a refusal is."""

from __future__ import annotations

from fairlead.dialects.ollama.decode import LineDecoder
from fairlead.dialects.ollama.encode import encode
from fairlead.dialects.ollama.failures import api_error
from fairlead.dialects.ollama.wire import NAME
from fairlead.errors import ApiError
from fairlead.ports import Encoded, Limits
from fairlead.types.http import Headers
from fairlead.types.requests import ChatRequest, UnsupportedPolicy
from fairlead.types.targets import Target


class OllamaChat:
    """The client role of `ollama`."""

    __slots__ = ()

    @property
    def name(self) -> str:
        return NAME

    def encode(
        self, request: ChatRequest, target: Target, *, stream: bool, unsupported: UnsupportedPolicy
    ) -> Encoded:
        return encode(request, target, stream=stream, unsupported=unsupported)

    def decoder(self, request: ChatRequest, target: Target, limits: Limits) -> LineDecoder:
        return LineDecoder(NAME, target, limits)

    def decode_error(self, status: int, headers: Headers, body: bytes, target: Target) -> ApiError:
        return api_error(body, target, status=status, headers=headers)
