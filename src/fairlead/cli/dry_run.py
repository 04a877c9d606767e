"""`--dry-run`: the exact HTTP request of a call, with every secret hidden."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from fairlead.cli.printable import escaped_json, one_line
from fairlead.cli.report import to_json
from fairlead.cli.terminal import is_terminal, note, write
from fairlead.framing.multipart import FormField, Multipart
from fairlead.providers.shown_headers import shown_headers

if TYPE_CHECKING:
    from fairlead.providers.registry import Resolved
    from fairlead.types.http import HttpRequest


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
    lines += [f"{name}: {one_line(value)}" for name, value in shown_headers(request, resolved)]
    body = msgspec.json.format(_body(request), indent=2)
    return "\n".join(lines) + f"\n\n{escaped_json(body.decode())}\n"


def request_json(request: HttpRequest, resolved: Resolved, *, indent: bool) -> str:
    """The same as one JSON object."""
    fields = {
        "method": request.method,
        "url": request.url,
        "headers": dict(shown_headers(request, resolved)),
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
