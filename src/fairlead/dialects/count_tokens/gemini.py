"""Google's token counts (`POST {model}:countTokens`), of what `generateContent` would be sent.

The Gemini API takes that request whole; Vertex AI takes the fields of it that are read.
"""

from __future__ import annotations

import msgspec
from msgspec import Raw
from msgspec.structs import replace

from fairlead.dialects.counting import counted, to_count
from fairlead.dialects.gemini import DIALECT as GEMINI
from fairlead.dialects.gemini.resource import on_vertex, resource
from fairlead.errors import ApiError
from fairlead.ports import Encoded
from fairlead.types.http import Headers
from fairlead.types.operations import TokenCount
from fairlead.types.requests import ChatRequest, UnsupportedPolicy
from fairlead.types.targets import Target

_TAKEN = ("systemInstruction", "contents", "tools", "generationConfig")
_FIELDS = msgspec.json.Decoder(dict[str, Raw])


class GeminiTokens:
    """See `ports.Operation`. It holds nothing."""

    __slots__ = ()
    name = "gemini"

    def encode(
        self, request: ChatRequest, target: Target, *, unsupported: UnsupportedPolicy
    ) -> Encoded:
        sent = GEMINI.encode(to_count(request), target, stream=False, unsupported=unsupported)
        assert isinstance(sent.body, bytes), "chat bodies are held in memory"
        fields = _FIELDS.decode(sent.body)
        if on_vertex(target):
            kept = (*_TAKEN, *(request.extra_body or ()))
            body: object = {name: raw for name, raw in fields.items() if name in kept}
        else:
            body = {"generateContentRequest": {"model": resource(target), **fields}}
        return replace(sent, body=msgspec.json.encode(body))

    def decode(self, body: bytes, request: ChatRequest, target: Target) -> TokenCount:
        return counted(body, target, "totalTokens")

    def decode_error(self, status: int, headers: Headers, body: bytes, target: Target) -> ApiError:
        return GEMINI.decode_error(status, headers, body, target)


DIALECT = GeminiTokens()
