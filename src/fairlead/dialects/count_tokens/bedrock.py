"""Bedrock's token counts (`POST /model/{model}/count-tokens`), of what Converse would send.

Where the target speaks Anthropic's protocol, it is what InvokeModel would send, in base64.
"""

from __future__ import annotations

from base64 import b64encode

import msgspec
from msgspec.structs import replace

from fairlead.dialects.anthropic_messages import DIALECT as MESSAGES
from fairlead.dialects.aws import aws_error
from fairlead.dialects.bedrock_converse import DIALECT as CONVERSE
from fairlead.dialects.counting import counted, to_count
from fairlead.errors import ApiError
from fairlead.ports import Encoded
from fairlead.types.http import Headers
from fairlead.types.operations import TokenCount
from fairlead.types.requests import ChatRequest, UnsupportedPolicy
from fairlead.types.targets import Target

_COUNTED = ("messages", "system", "toolConfig", "additionalModelRequestFields")
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])


class BedrockTokens:
    """See `ports.Operation`. It holds nothing."""

    __slots__ = ()
    name = "bedrock"

    def encode(
        self, request: ChatRequest, target: Target, *, unsupported: UnsupportedPolicy
    ) -> Encoded:
        asked = to_count(request)
        if target.quirks.anthropic_host == "bedrock":
            sent = MESSAGES.encode(asked, target, stream=False, unsupported=unsupported)
            body = b64encode(_written(sent)).decode("ascii")
            return _asking(sent, {"invokeModel": {"body": body}})
        sent = CONVERSE.encode(asked, target, stream=False, unsupported=unsupported)
        fields = _OBJECT.decode(_written(sent))
        kept = request.extra_body or {}
        counted = {n: raw for n, raw in fields.items() if n in _COUNTED or n in kept}
        return _asking(sent, {"converse": counted})

    def decode(self, body: bytes, request: ChatRequest, target: Target) -> TokenCount:
        return counted(body, target, "inputTokens")

    def decode_error(self, status: int, headers: Headers, body: bytes, target: Target) -> ApiError:
        return aws_error(body, target, status=status, headers=headers)


def _written(sent: Encoded) -> bytes:
    assert isinstance(sent.body, bytes), "chat bodies are held in memory"
    return sent.body


def _asking(sent: Encoded, counted: dict[str, object]) -> Encoded:
    return replace(sent, body=msgspec.json.encode({"input": counted}))


DIALECT = BedrockTokens()
