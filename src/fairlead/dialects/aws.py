"""Errors as AWS tells them: `{"message"}` and a header with the exception's name, or a frame."""

from __future__ import annotations

from fairlead.dialects.classify import classify, error_fields
from fairlead.errors import ApiError
from fairlead.framing.eventstream import Frame
from fairlead.types.http import Headers
from fairlead.types.targets import Target

TYPE_HEADER = "x-amzn-errortype"


def aws_error(
    body: bytes,
    target: Target,
    *,
    status: int | None = None,
    headers: Headers | None = None,
    exception: str | None = None,
) -> ApiError:
    """The error that fits. `status` is None for one that came as a frame of a stream.

    `exception` is its name there; elsewhere the header has it, or the body in `__type`.
    """
    message, code, kind = error_fields(body)
    if exception is None and headers is not None:
        exception = headers.get(TYPE_HEADER)
    return classify(
        message,
        status=status,
        target=target.label,
        code=code,
        kind=_name(exception) or kind,
        headers=headers,
        body=body,
    )


def frame_error(frame: Frame, target: Target) -> ApiError | None:
    """The error that a frame is; None for an event.

    A frame of the type `error` is one that the service has no model of: it has a code, no body.
    """
    headers, payload = frame
    kind = headers.get(":message-type", "event")
    if kind == "event":
        return None
    if kind == "exception":
        return aws_error(payload, target, exception=str(headers.get(":exception-type", "")))
    code = str(headers.get(":error-code", "")) or None
    message = str(headers.get(":error-message", "")) or "the stream ended in an error"
    return classify(message, status=None, target=target.label, code=code, kind=code, body=payload)


def _name(exception: str | None) -> str | None:
    """`ValidationException` of `com.amazon#ValidationException:http://...`."""
    if not exception:
        return None
    return exception.partition(":")[0].rpartition("#")[2]
