"""Errors in the provider's words: `{"type": "error", "error": {"type", "message", "details"}}`.

On Bedrock those of AWS come as well, which have no `error` in them.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from fairlead.dialects import jsontext
from fairlead.dialects.aws import aws_error
from fairlead.dialects.classify import classify, error_fields
from fairlead.errors import ApiError, DecodeError
from fairlead.types.http import Headers
from fairlead.types.targets import Target


class _Details(Struct):
    error_code: str | None = None


class _Error(Struct):
    details: _Details | None = None


class _Body(Struct):
    request_id: str | None = None
    error: _Error | None = None


_BODY = msgspec.json.Decoder(_Body)


def api_error(
    body: bytes, target: Target, *, status: int | None = None, headers: Headers | None = None
) -> ApiError:
    """The error that fits. `status` is None for an error inside a 200."""
    if target.quirks.anthropic_host == "bedrock" and b'"error"' not in body:
        return aws_error(body, target, status=status, headers=headers)
    message, code, kind = error_fields(body)
    more = _more(body)
    if more.error is not None and more.error.details is not None:
        # A spending limit comes as rate_limit_error; only the code tells that waiting is no use.
        code = more.error.details.error_code or code
    error = classify(
        message,
        status=status,
        target=target.label,
        code=code,
        kind=kind,
        headers=headers,
        body=body,
    )
    error.request_id = error.request_id or more.request_id
    return error


def _more(body: bytes) -> _Body:
    try:
        return jsontext.decode(body, _BODY)
    except DecodeError:
        return _Body()
