"""Which transport a client has: the one it was given, one made for it, or its usual one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from fairlead.ports import Runtime, Transport, TransportMaker


def transport_for(
    given: Transport | TransportMaker | None, runtime: Runtime, default: Callable[[], Transport]
) -> Transport:
    """The transport of a client that waits by `runtime`; `default` makes its usual one."""
    if given is None:
        return default()
    if hasattr(given, "transport_for"):
        return cast("TransportMaker", given).transport_for(runtime, default)
    return given
