"""The default transport, on libcurl. `pycurl` is imported when a name from here is first used."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fairlead.transports.curl.aio import AsyncCurlTransport
    from fairlead.transports.curl.blocking import BlockingCurlTransport

__all__ = ["AsyncCurlTransport", "BlockingCurlTransport"]


def __getattr__(name: str) -> object:
    if name == "AsyncCurlTransport":
        from fairlead.transports.curl.aio import AsyncCurlTransport

        return AsyncCurlTransport
    if name == "BlockingCurlTransport":
        from fairlead.transports.curl.blocking import BlockingCurlTransport

        return BlockingCurlTransport
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
