"""OpenAI's token counts (`POST {base}/responses/input_tokens`), of what Responses would send."""

from __future__ import annotations

from fairlead.dialects.counting import counted, cut, to_count
from fairlead.dialects.openai_responses import DIALECT as RESPONSES
from fairlead.errors import ApiError
from fairlead.ports import Encoded
from fairlead.types.http import Headers
from fairlead.types.operations import TokenCount
from fairlead.types.requests import ChatRequest, UnsupportedPolicy
from fairlead.types.targets import Target

_NOT_TAKEN = frozenset(
    {
        "background",
        "context_management",
        "include",
        "max_tool_calls",
        "metadata",
        "prompt_cache_key",
        "prompt_cache_retention",
        "safety_identifier",
        "service_tier",
        "store",
    }
)


class ResponsesTokens:
    """See `ports.Operation`. It holds nothing."""

    __slots__ = ()
    name = "openai_responses"

    def encode(
        self, request: ChatRequest, target: Target, *, unsupported: UnsupportedPolicy
    ) -> Encoded:
        asked = to_count(request)
        sent = RESPONSES.encode(asked, target, stream=False, unsupported=unsupported)
        return cut(sent, request, target, _NOT_TAKEN)

    def decode(self, body: bytes, request: ChatRequest, target: Target) -> TokenCount:
        return counted(body, target, "input_tokens")

    def decode_error(self, status: int, headers: Headers, body: bytes, target: Target) -> ApiError:
        return RESPONSES.decode_error(status, headers, body, target)


DIALECT = ResponsesTokens()
