"""Amazon Bedrock's Converse, for any model: `POST /model/{model}/converse[-stream]`."""

from __future__ import annotations

import msgspec

from fairlead.dialects.aws import aws_error
from fairlead.dialects.bedrock_converse.decode import ConverseDecoder
from fairlead.dialects.bedrock_converse.encode import encode
from fairlead.dialects.bedrock_converse.options import BedrockOptions
from fairlead.errors import ApiError
from fairlead.ports import Encoded, Limits
from fairlead.types.http import Headers
from fairlead.types.requests import ChatRequest, UnsupportedPolicy
from fairlead.types.targets import Target

__all__ = ["DIALECT", "BedrockConverse", "BedrockOptions"]


class BedrockConverse:
    """The client role of `bedrock_converse`. A stream has an address of its own, not a field."""

    __slots__ = ()
    name = "bedrock_converse"

    def encode(
        self, request: ChatRequest, target: Target, *, stream: bool, unsupported: UnsupportedPolicy
    ) -> Encoded:
        headers = (("accept", "application/vnd.amazon.eventstream"),) if stream else ()
        return msgspec.structs.replace(
            encode(request, target, unsupported=unsupported), headers=headers
        )

    def decoder(self, request: ChatRequest, target: Target, limits: Limits) -> ConverseDecoder:
        return ConverseDecoder(request, target, limits)

    def decode_error(self, status: int, headers: Headers, body: bytes, target: Target) -> ApiError:
        return aws_error(body, target, status=status, headers=headers)


DIALECT = BedrockConverse()
