"""Errors in the provider's words: `{"error": "..."}`, as a body or as a line of a stream."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from fairlead.dialects import rawjson
from fairlead.dialects.classify import classify, error_fields
from fairlead.errors import ApiError
from fairlead.types.http import Headers
from fairlead.types.targets import Target


class _Body(Struct):
    signin_url: str | None = None


_BODY = msgspec.json.Decoder(_Body)


def api_error(
    body: bytes, target: Target, *, status: int | None = None, headers: Headers | None = None
) -> ApiError:
    """The error that fits. `status` is None for an error inside a 200."""
    message, code, kind = error_fields(body)
    more = rawjson.optional(body, _BODY)
    if more is not None and more.signin_url:
        message += f"; sign in at {more.signin_url}"
    return classify(
        message,
        status=status,
        target=target.label,
        code=code,
        kind=kind,
        headers=headers,
        body=body,
    )
