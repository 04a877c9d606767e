"""Calls that are not chat: plain JSON and server-sent events, as agent servers speak them."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from fairlead.types.receipts import Receipt
from fairlead.types.responses import RawResponse


class ServerEvent(Struct, frozen=True, tag="server_event"):
    """One server-sent event, or one line of newline-delimited JSON, as it came."""

    data: str
    event: str = "message"
    id: str = ""

    def json(self) -> object:
        """`data` as plain values. Raises ValueError where it is not JSON."""
        return msgspec.json.decode(self.data)


class PostResponse(Struct, frozen=True):
    """The answer of a plain call: `data` is the JSON, None for an empty body or a stream."""

    data: object
    receipt: Receipt
    raw: RawResponse
    warnings: tuple[str, ...] = ()

    @property
    def status(self) -> int:
        """The HTTP status of the answer."""
        return self.raw.status


class ModelInfo(Struct, frozen=True, omit_defaults=True):
    """One model that a provider offers, in its own words. `context_window` in tokens."""

    id: str
    name: str | None = None
    owned_by: str | None = None
    context_window: int | None = None


class CheckResult(Struct, frozen=True, omit_defaults=True):
    """The outcome of a connection test. `problem` is None where all is well.

    `tests_key` is false where the call works without a key too, so that a wrong one would pass.
    """

    provider: str
    url: str
    seconds: float
    status: int | None = None
    problem: str | None = None
    http_version: str | None = None
    key_name: str | None = None
    tests_key: bool = True

    @property
    def ok(self) -> bool:
        """Whether the provider answered, and took the key where the call tests it."""
        return self.problem is None
