"""OpenAI's Responses protocol (`POST {base}/responses`), and its many clones, as a client."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fairlead.dialects.openai_responses.decode import ResponsesDecoder
from fairlead.dialects.openai_responses.encode import encode
from fairlead.dialects.openai_responses.options import OpenAIResponsesOptions
from fairlead.dialects.refusals import refusal

if TYPE_CHECKING:
    from fairlead.errors import ApiError
    from fairlead.ports import Encoded, Limits
    from fairlead.types.http import Headers
    from fairlead.types.requests import ChatRequest, UnsupportedPolicy
    from fairlead.types.targets import Target

__all__ = ["DIALECT", "OpenAIResponses", "OpenAIResponsesOptions"]


class OpenAIResponses:
    """See `ports.Dialect`. It holds nothing."""

    __slots__ = ()
    name = "openai_responses"

    def encode(
        self, request: ChatRequest, target: Target, *, stream: bool, unsupported: UnsupportedPolicy
    ) -> Encoded:
        return encode(request, target, stream=stream, unsupported=unsupported)

    def decoder(self, request: ChatRequest, target: Target, limits: Limits) -> ResponsesDecoder:
        return ResponsesDecoder(target, limits)

    def decode_error(self, status: int, headers: Headers, body: bytes, target: Target) -> ApiError:
        return refusal(status, headers, body, target)


DIALECT = OpenAIResponses()
