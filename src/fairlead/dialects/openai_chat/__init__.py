"""OpenAI's Chat Completions, and everybody's clones of it: `POST {base}/chat/completions`."""

from __future__ import annotations

from fairlead.dialects.openai_chat.decode import OpenAIChatDecoder
from fairlead.dialects.openai_chat.encode import encode
from fairlead.dialects.openai_chat.failures import of_status
from fairlead.dialects.openai_chat.options import OpenAIChatOptions
from fairlead.errors import ApiError
from fairlead.ports import Decoder, Encoded, Limits
from fairlead.types.events import Event
from fairlead.types.http import Headers
from fairlead.types.requests import ChatRequest, UnsupportedPolicy
from fairlead.types.responses import ChatResponse
from fairlead.types.targets import Target

__all__ = ["DIALECT", "OpenAIChat", "OpenAIChatOptions"]


class OpenAIChat:
    """The client's side of the dialect; its deviations are the target's quirks."""

    name = "openai_chat"

    def encode(
        self, request: ChatRequest, target: Target, *, stream: bool, unsupported: UnsupportedPolicy
    ) -> Encoded:
        return encode(request, target, stream=stream, unsupported=unsupported)

    def decoder(
        self, request: ChatRequest, target: Target, limits: Limits
    ) -> Decoder[Event, ChatResponse]:
        return OpenAIChatDecoder(request, target, limits)

    def decode_error(self, status: int, headers: Headers, body: bytes, target: Target) -> ApiError:
        return of_status(status, headers, body, target)


DIALECT = OpenAIChat()
