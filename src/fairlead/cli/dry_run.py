"""`--dry-run`: the exact HTTP request of a call, with every secret hidden."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from fairlead.cli.printable import escaped_json, one_line
from fairlead.cli.report import to_json
from fairlead.types.http import REDACTED, redact

if TYPE_CHECKING:
    from fairlead.providers.registry import Resolved
    from fairlead.types.http import HttpRequest

_SECRET_NAME = re.compile(r"auth|key|token|secret|password|credential|cookie", re.IGNORECASE)


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
    return request.body if isinstance(request.body, bytes) and request.body else b"{}"


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
        return [(form.name, f"{form.prefix}{REDACTED} ({name})")]
    if not credential.required:
        return []
    names = " or ".join(credential.source_names) or f"key in [providers.{resolved.provider.name}]"
    return [(form.name, f"{form.prefix}{REDACTED} (missing: set {names})")]
