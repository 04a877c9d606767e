"""The dialect as the engine sees it: encode, decode, and say which error a refusal is."""

from __future__ import annotations

from fairlead.dialects.ag_ui.decode import RunDecoder
from fairlead.dialects.ag_ui.encode import encode
from fairlead.dialects.ag_ui.failures import api_error
from fairlead.dialects.ag_ui.wire import NAME
from fairlead.errors import ApiError
from fairlead.ports import Encoded, Limits
from fairlead.types.http import Headers
from fairlead.types.requests import ChatRequest, UnsupportedPolicy
from fairlead.types.targets import Target


class AgUi:
    """The client role of `ag_ui`. Agents always stream, so both ways of asking are one."""

    __slots__ = ()

    @property
    def name(self) -> str:
        return NAME

    def encode(
        self, request: ChatRequest, target: Target, *, stream: bool, unsupported: UnsupportedPolicy
    ) -> Encoded:
        return encode(request, target, unsupported=unsupported)

    def decoder(self, request: ChatRequest, target: Target, limits: Limits) -> RunDecoder:
        return RunDecoder(request, target, limits)

    def decode_error(self, status: int, headers: Headers, body: bytes, target: Target) -> ApiError:
        return api_error(body, target, status=status, headers=headers)
