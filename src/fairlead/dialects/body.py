"""The JSON body of a request: what the caller adds to it, and its bytes. All dialects use it."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from fairlead.errors import InvalidRequest

Body = dict[str, object]

_ENCODER = msgspec.json.Encoder(decimal_format="number")


def written(body: Body, extra: Mapping[str, object] | None) -> bytes:
    """The body with `extra` behind it, as JSON.

    Raises `InvalidRequest` where the two collide, and for values that JSON has no words for.
    """
    for name, value in (extra or {}).items():
        if name in body:
            raise InvalidRequest(
                f"extra_body sets {name!r}, which the request sets already; set it in one place"
            )
        body[name] = value
    try:
        return _ENCODER.encode(body)
    except (TypeError, ValueError, OverflowError, RecursionError, msgspec.MsgspecError) as error:
        raise InvalidRequest(f"the request cannot be written as JSON: {error}") from error
