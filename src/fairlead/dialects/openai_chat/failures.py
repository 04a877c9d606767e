"""Errors in this dialect's words: of a status, inside a 200, and in the middle of a stream."""

from __future__ import annotations

from collections.abc import Mapping

from fairlead.dialects import classify, jsontext
from fairlead.errors import ApiError, DecodeError
from fairlead.types.http import Headers
from fairlead.types.targets import Target

_BASE_RESP = {
    1000: 500,
    1001: 504,
    1002: 429,
    1004: 401,
    1008: 402,
    1013: 500,
    1024: 500,
    1033: 500,
    1039: 429,
    2049: 401,
}
"""The status that MiniMax's `base_resp.status_code` stands for; any other is a bad request.
Source: platform.minimax.io/docs/api-reference/errorcode."""

_WITHHELD = (1026, 1027)
"""Of them, what was asked or answered may not be said."""

_FLAT_ERROR_KEYS = frozenset({"code", "detail", "errors", "error_code"})


def of_status(status: int, headers: Headers, body: bytes, target: Target) -> ApiError:
    """The error for a refused request, whatever its body is."""
    message, code, kind = classify.error_fields(body)
    try:
        value = jsontext.untyped(body)
    except DecodeError:
        value = None
    return classify.classify(
        _with_cause(message, value),
        status=status,
        target=target.label,
        code=code,
        kind=kind,
        headers=headers,
        body=body,
    )


def in_band(value: object, target: Target) -> ApiError:
    """The error for an error object that came where an answer should be."""
    message, code, kind = classify.fields_of(value)
    return classify.classify(
        _with_cause(message, value),
        status=_status(value),
        target=target.label,
        code=code,
        kind=kind,
    )


def of_base_resp(base: Mapping[str, object], target: Target) -> ApiError | None:
    """The error for a `base_resp` that reports one."""
    code = base.get("status_code")
    if not isinstance(code, int) or code == 0:
        return None
    return classify.classify(
        str(base.get("status_msg") or "no message"),
        status=_BASE_RESP.get(code, 400),
        target=target.label,
        code=str(code),
        kind="content_filter" if code in _WITHHELD else None,
    )


def is_flat_error(value: object) -> bool:
    """Whether an object that is no chunk is an error without an `error` field."""
    if not isinstance(value, dict):
        return False
    if value.get("object") == "error":
        return True
    known = not _FLAT_ERROR_KEYS.isdisjoint(value)
    return known and "choices" not in value and bool(classify.fields_of(value)[0])


def _status(value: object) -> int | None:
    """The HTTP status that an error object names itself."""
    inner = value.get("error") if isinstance(value, dict) else None
    for place in (inner, value):
        if isinstance(place, dict):
            for name in ("status_code", "status"):
                status = place.get(name)
                if isinstance(status, int) and 400 <= status <= 599:
                    return status
    return None


def _with_cause(message: str, value: object) -> str:
    """A router's message says little; what the provider behind it said is in its metadata."""
    error = value.get("error") if isinstance(value, dict) else None
    metadata = error.get("metadata") if isinstance(error, dict) else None
    raw = metadata.get("raw") if isinstance(metadata, dict) else None
    return f"{message}: {raw[:300]}" if isinstance(raw, str) and raw else message
