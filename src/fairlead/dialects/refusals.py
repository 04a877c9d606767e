"""Which error an answer is that is none, where a protocol has no errors of its own shape."""

from __future__ import annotations

from fairlead.dialects.classify import classify, error_fields, fields_of
from fairlead.dialects.jsontext import excerpt, untyped
from fairlead.errors import ApiError, DecodeError
from fairlead.types.http import Headers
from fairlead.types.targets import Target

_SIGNS = frozenset({"error", "errors", "detail", "message"})


def refusal(status: int, headers: Headers, body: bytes, target: Target) -> ApiError:
    """The error for a status that is no success, whatever the body is."""
    message, code, kind = error_fields(body)
    return classify(
        message,
        status=status,
        target=target.label,
        code=code,
        kind=kind,
        headers=headers,
        body=body,
    )


def no_answer(body: bytes, target: Target, what: str) -> ApiError | DecodeError:
    """The error for the body of a success in which `what` was looked for and not found:

    the one that the body tells of instead, or that it makes no sense.
    """
    value = untyped(body)
    if isinstance(value, dict) and not _SIGNS.isdisjoint(value):
        message, code, kind = fields_of(value)
        if message:
            return classify(message, status=None, target=target.label, code=code, kind=kind)
    return DecodeError(f"the answer has no {what}", excerpt(body))
