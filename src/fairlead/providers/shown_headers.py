"""The headers of a request as they may be shown: the key's too, with every secret hidden."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fairlead.auth.api_key import ROTATED
from fairlead.providers.states import missing_key
from fairlead.types.http import REDACTED, redact

if TYPE_CHECKING:
    from fairlead.providers.registry import Resolved
    from fairlead.types.http import HttpRequest

_SECRET_NAME = re.compile(r"auth|key|token|secret|password|credential|cookie", re.IGNORECASE)


def shown_headers(request: HttpRequest, resolved: Resolved) -> list[tuple[str, str]]:
    """The request's own, then the one that its credential will stand in."""
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
