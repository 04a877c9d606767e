"""The dialect as the engine sees it: encode, decode, and say which error a refusal is."""

from __future__ import annotations

from fairlead.dialects.gemini.decode import GeminiDecoder
from fairlead.dialects.gemini.encode import encode
from fairlead.dialects.gemini.failures import api_error
from fairlead.dialects.gemini.wire import NAME
from fairlead.errors import ApiError
from fairlead.ports import Encoded, Limits
from fairlead.types.http import Headers
from fairlead.types.requests import ChatRequest, UnsupportedPolicy
from fairlead.types.targets import Target


class Gemini:
    """The client role of `gemini`. Whether an answer is streamed is told by the URL alone."""

    __slots__ = ()

    @property
    def name(self) -> str:
        return NAME

    def encode(
        self, request: ChatRequest, target: Target, *, stream: bool, unsupported: UnsupportedPolicy
    ) -> Encoded:
        return encode(request, target, unsupported=unsupported)

    def decoder(self, request: ChatRequest, target: Target, limits: Limits) -> GeminiDecoder:
        return GeminiDecoder(request, target, limits)

    def decode_error(self, status: int, headers: Headers, body: bytes, target: Target) -> ApiError:
        return api_error(body, target, status=status, headers=headers)
