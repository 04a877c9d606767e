"""Who has signed in, asked of a service that does not tell it with its tokens."""

from __future__ import annotations

import msgspec

from fairlead.auth.flow import send
from fairlead.auth.login_providers import LoginService
from fairlead.auth.secret import Secret
from fairlead.ports import Flow
from fairlead.types.http import HttpRequest

_LONGEST = 100


def account_name(service: LoginService, access: Secret) -> Flow[str]:
    """The account's name; empty where the service does not say."""
    if not service.account_url:
        return ""
    headers = (("accept", "application/json"), ("authorization", f"Bearer {access.reveal()}"))
    response = yield from send(HttpRequest("GET", service.account_url, headers))
    return _name_in(response.body) if response.status == 200 else ""


def _name_in(data: bytes) -> str:
    try:
        found = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    name = found.get("login") if isinstance(found, dict) else None
    return name[:_LONGEST] if isinstance(name, str) else ""
