"""Errors in the provider's words: `{"id", "message", "error_type"}`, also at a stream's end."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from fairlead.dialects import rawjson
from fairlead.dialects.classify import classify, error_fields
from fairlead.errors import ApiError
from fairlead.types.http import Headers
from fairlead.types.targets import Target

TRACE_HEADER = "x-debug-trace-id"
_BLOCKED_TOKEN = 498
"""The provider's status for a key that is invalid or blocked."""


class _Body(Struct):
    id: str | None = None
    error_type: str | None = None


_BODY = msgspec.json.Decoder(_Body)


def api_error(
    body: bytes, target: Target, *, status: int | None = None, headers: Headers | None = None
) -> ApiError:
    """The error that fits. `status` is None for an error inside a 200."""
    message, code, _ = error_fields(body)
    more = rawjson.optional(body, _BODY) or _Body()
    error = classify(
        message,
        status=401 if status == _BLOCKED_TOKEN else status,
        target=target.label,
        code=code,
        kind=more.error_type,
        headers=headers,
        body=body,
    )
    error.status = status or error.status
    trace = headers.get(TRACE_HEADER) if headers is not None else None
    error.request_id = trace or error.request_id or more.id
    return error


def stream_error(message: str, kind: str | None, target: Target) -> ApiError:
    """The error with which a stream ended."""
    return classify(message, status=None, target=target.label, kind=kind)
