"""Errors of agent servers: a refusal before the run, and `RUN_ERROR` inside it."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from fairlead.dialects import rawjson
from fairlead.dialects.classify import classify, error_fields
from fairlead.errors import ApiError
from fairlead.types.http import Headers
from fairlead.types.targets import Target


class _Finding(Struct):
    """One item of a validation report."""

    msg: str | None = None
    loc: list[str | int] | None = None


_FINDINGS = msgspec.json.Decoder(list[_Finding])


def api_error(
    body: bytes, target: Target, *, status: int | None = None, headers: Headers | None = None
) -> ApiError:
    """The error that fits. `status` is None for an error inside a 200."""
    message, code, kind = error_fields(body)
    return classify(
        message or _report(body),
        status=status,
        target=target.label,
        code=code,
        kind=kind if status is not None else None,
        headers=headers,
        body=body,
    )


def _report(body: bytes) -> str:
    """What a validation found, place by place."""
    found = rawjson.optional(body, _FINDINGS) or ()
    return "; ".join(
        f"{'.'.join(map(str, item.loc or ()))}: {item.msg}" for item in found if item.msg
    )
