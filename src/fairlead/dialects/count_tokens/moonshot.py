"""Moonshot's token counts (`POST {base}/tokenizers/estimate-token-count`): of a chat's messages,
and of nothing beside them.

Source: platform.kimi.ai/docs/api/estimate.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec.structs import replace

from fairlead.dialects import jsontext
from fairlead.dialects.counting import to_count
from fairlead.dialects.losses import Losses
from fairlead.dialects.openai_chat import DIALECT as CHAT
from fairlead.dialects.refusals import no_answer
from fairlead.errors import ApiError
from fairlead.ports import Encoded
from fairlead.types.http import Headers
from fairlead.types.operations import TokenCount
from fairlead.types.requests import ChatRequest, UnsupportedPolicy
from fairlead.types.targets import Target

_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_NOT_COUNTED = ("tools", "output")
"""What a model reads too, but would not be counted."""


class MoonshotTokens:
    """See `ports.Operation`. It holds nothing."""

    __slots__ = ()
    name = "moonshot"

    def encode(
        self, request: ChatRequest, target: Target, *, unsupported: UnsupportedPolicy
    ) -> Encoded:
        losses = Losses(unsupported, target)
        asked = losses.without(to_count(request), _NOT_COUNTED)
        if not asked.tools:
            asked = replace(asked, tool_choice=None, parallel_tool_calls=None)
        sent = CHAT.encode(asked, target, stream=False, unsupported=unsupported)
        assert isinstance(sent.body, bytes), "chat bodies are held in memory"
        kept = ("model", "messages", *(request.extra_body or ()))
        body = {n: raw for n, raw in _OBJECT.decode(sent.body).items() if n in kept}
        return replace(
            sent,
            body=msgspec.json.encode(body),
            warnings=(*losses.warnings, *sent.warnings),
            dropped=(*losses.dropped, *sent.dropped),
        )

    def decode(self, body: bytes, request: ChatRequest, target: Target) -> TokenCount:
        value = jsontext.untyped(body)
        data = value.get("data") if isinstance(value, Mapping) else None
        count = data.get("total_tokens") if isinstance(data, Mapping) else None
        if type(count) is not int or count < 0:
            raise no_answer(body, target, "total_tokens")
        return TokenCount(model=target.model, tokens=count)

    def decode_error(self, status: int, headers: Headers, body: bytes, target: Target) -> ApiError:
        return CHAT.decode_error(status, headers, body, target)


DIALECT = MoonshotTokens()
