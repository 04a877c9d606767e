"""Errors in Google's words: `{"error": {"code", "status", "message", "details"}}`, or a list of it.

Details are typed: `ErrorInfo` has a reason, `QuotaFailure` says which quotas are used up.
"""

from __future__ import annotations

import re

import msgspec
from msgspec import Raw, Struct

from fairlead.dialects import jsontext
from fairlead.dialects.classify import classify, error_fields
from fairlead.errors import ApiError, DecodeError
from fairlead.types.http import Headers
from fairlead.types.targets import Target

_STATUSES = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "OUT_OF_RANGE": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ABORTED": 409,
    "ALREADY_EXISTS": 409,
    "RESOURCE_EXHAUSTED": 429,
    "CANCELLED": 499,
    "INTERNAL": 500,
    "UNKNOWN": 500,
    "DATA_LOSS": 500,
    "UNIMPLEMENTED": 501,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}
_WRONG_KEY = re.compile(r"api key (?:not valid|not found|expired)", re.IGNORECASE)
_NO_QUOTA = re.compile(r"\blimit: 0(?![\d.])", re.IGNORECASE)


class _Violation(Struct):
    quotaId: str | None = None
    quotaValue: str | int | None = None


class _Detail(Struct):
    reason: str | None = None
    metadata: dict[str, str] | None = None
    violations: list[_Violation] | None = None


class _Error(Struct):
    code: str | int | None = None
    status: str | None = None
    details: list[Raw] | None = None


class _Body(Struct):
    error: _Error | None = None


_BODY = msgspec.json.Decoder(_Body)
_BODIES = msgspec.json.Decoder(list[_Body])
_DETAIL = msgspec.json.Decoder(_Detail)


def api_error(
    body: bytes, target: Target, *, status: int | None = None, headers: Headers | None = None
) -> ApiError:
    """The error that fits. `status` is None for an error inside a 200."""
    message, code, kind = error_fields(body)
    said = _error(body)
    details = _details(said)
    reason = next((detail.reason for detail in details if detail.reason), None)
    if status is None:
        status = _status(code, said.status)
    error = classify(
        message,
        status=status,
        target=target.label,
        code=_word(message, reason, details) or code,
        kind=kind,
        headers=headers,
        body=body,
    )
    error.code = reason or code
    return error


def _status(code: str | None, word: str | None) -> int | None:
    """The status that an error inside a 200 tells of itself."""
    if code is not None and code.isdigit() and 400 <= int(code) <= 599:
        return int(code)
    return _STATUSES.get(word or "")


def _word(message: str, reason: str | None, details: list[_Detail]) -> str | None:
    """The word by which everybody's errors are told apart, where the status is not enough."""
    if reason == "API_KEY_INVALID" or _WRONG_KEY.search(message):
        return "invalid_api_key"
    if _NO_QUOTA.search(message) or any(_is_used_up(detail) for detail in details):
        return "insufficient_quota"
    return None


def _is_used_up(detail: _Detail) -> bool:
    """A day's quota, or one that was never granted: waiting for a minute does not help."""
    metadata = detail.metadata or {}
    if metadata.get("quota_limit_value") == "0" or "PerDay" in metadata.get("quota_limit", ""):
        return True
    return any(
        "PerDay" in (violation.quotaId or "") or str(violation.quotaValue) == "0"
        for violation in detail.violations or ()
    )


def _error(body: bytes) -> _Error:
    try:
        found = jsontext.decode(body, _BODY)
    except DecodeError:
        try:
            bodies: list[_Body] = jsontext.decode(body, _BODIES)
            found = bodies[0] if bodies else _Body()
        except DecodeError:
            return _Error()
    return found.error or _Error()


def _details(error: _Error) -> list[_Detail]:
    """Those whose fields are of the known shapes; others tell nothing."""
    found: list[_Detail] = []
    for raw in error.details or ():
        try:
            found.append(jsontext.decode(bytes(raw), _DETAIL))
        except DecodeError:
            continue
    return found
