"""`--dry-run`: the exact HTTP request of a call, with every secret hidden."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from fairlead.auth.api_key import ROTATED
from fairlead.cli.printable import escaped_json, one_line
from fairlead.cli.report import to_json
from fairlead.cli.terminal import is_terminal, note, write
from fairlead.framing.multipart import FormField, Multipart
from fairlead.providers.states import missing_key
from fairlead.types.http import REDACTED, redact

if TYPE_CHECKING:
    from fairlead.providers.registry import Resolved
    from fairlead.types.http import HttpRequest

_SECRET_NAME = re.compile(r"auth|key|token|secret|password|credential|cookie", re.IGNORECASE)


def show(
    requests: Sequence[HttpRequest], warnings: Sequence[str], resolved: Resolved, *, json: bool
) -> None:
    """Print the requests of a call, in their order, and what must be said of them."""
    for warning in warnings:
        note(f"warning: {warning}")
    if json:
        indent = is_terminal(sys.stdout)
        write("".join(f"{request_json(r, resolved, indent=indent)}\n" for r in requests))
    else:
        write("\n".join(request_text(request, resolved) for request in requests))


def request_text(request: HttpRequest, resolved: Resolved) -> str:
    """The request as HTTP would write it, its body indented."""
    lines = [f"{request.method} {request.url}"]
    lines += [f"{name}: {one_line(value)}" for name, value in _headers(request, resolved)]
    body = msgspec.json.format(_body(request), indent=2)
    return "\n".join(lines) + f"\n\n{escaped_json(body.decode())}\n"


def request_json(request: HttpRequest, resolved: Resolved, *, indent: bool) -> str:
    """The same as one JSON object."""
    fields = {
        "method": request.method,
        "url": request.url,
        "headers": dict(_headers(request, resolved)),
        "body": msgspec.Raw(_body(request)),
    }
    return to_json(fields, indent=indent)


def _body(request: HttpRequest) -> bytes:
    """The body as JSON; of a form its fields, of a file its name and size, never its bytes."""
    body = request.body
    if isinstance(body, Multipart):
        return to_json(_fields(body.fields)).encode()
    if isinstance(body, bytes) or body is None:
        return body or b"{}"
    return to_json({"bytes": body.size}).encode()


def _fields(fields: Sequence[FormField]) -> dict[str, object]:
    """Fields by name; one that is there several times is a list."""
    found: dict[str, list[object]] = {}
    for field in fields:
        found.setdefault(field.name, []).append(_field(field))
    return {name: each[0] if len(each) == 1 else each for name, each in found.items()}


def _field(field: FormField) -> object:
    if isinstance(field.value, str):
        return field.value
    size = field.value.size
    return {"file": field.file_name, "media_type": field.media_type, "bytes": size}


def _headers(request: HttpRequest, resolved: Resolved) -> list[tuple[str, str]]:
    shown = [
        (name, REDACTED if _SECRET_NAME.search(name) else value)
        for name, value in redact(request.headers)
    ]
    return [*shown, *_credential(resolved)]


def _credential(resolved: Resolved) -> list[tuple[str, str]]:
    """The header that the key will stand in, and where the key comes from."""
    credential, form = resolved.credential, resolved.provider.key_form
    if credential is None:
        embedded = resolved.provider.embedded
        return [(form.name, f"{form.prefix}{REDACTED} (made for each run)")] if embedded else []
    if (name := credential.key_name) is not None:
        return [(form.name, f"{_scheme(resolved, name) or form.prefix}{REDACTED} ({name})")]
    if not credential.required:
        return []
    advice = "; ".join(missing_key(resolved.provider))
    return [(form.name, f"{form.prefix}{REDACTED} (missing: {advice})")]


def _scheme(resolved: Resolved, key_name: str) -> str:
    """What stands before a signature; empty where the key itself is sent."""
    auth = resolved.provider.table.auth
    keys = {entry.name for entry in auth.env if not isinstance(entry, str)}
    sent = key_name in keys or key_name == ROTATED or key_name.startswith("[providers.")
    return "AWS4-HMAC-SHA256 " if auth.kind == "aws" and not sent else ""
