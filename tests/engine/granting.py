"""A credential whose token comes from a server, for tests of the engine."""

from __future__ import annotations

import json
from collections.abc import Callable

from fairlead.auth.api_key import BEARER
from fairlead.auth.flow import send
from fairlead.auth.leased import Lease, TokenSource
from fairlead.auth.oauth2 import Grantor, lease_in
from fairlead.auth.origin import origin_of
from fairlead.auth.renewed_key import RenewedCredential
from fairlead.auth.secret import Secret
from fairlead.ports import Flow
from fairlead.testing.memory import Answer
from fairlead.types.http import HttpRequest

TOKEN_URL = "https://sign-in.example/token"
GRANTOR = Grantor(TOKEN_URL, "the sign-in", "log in again")
LIFE = 3600


def grant(wall: float) -> Flow[Lease[Secret] | None]:
    """Asks for a token with a secret of its own."""
    request = HttpRequest("POST", TOKEN_URL, (), b"secret=canary-of-the-grant")
    response = yield from send(request)
    return lease_in(response, GRANTOR, wall)


def granted(token: str, seconds: float = LIFE) -> Answer:
    body = {"access_token": token, "expires_in": seconds, "token_type": "Bearer"}
    return Answer((json.dumps(body).encode(),))


def refused(code: str, status: int = 400) -> Answer:
    return Answer((json.dumps({"error": code}).encode(),), status=status)


def source(random: Callable[[], float] = lambda: 0.0, *, flow=grant) -> TokenSource:
    return TokenSource("the sign-in", flow, named=lambda: True, random=random)


def credential(url: str, own: TokenSource | None = None) -> RenewedCredential:
    return RenewedCredential(origin_of(url), ((own or source(), BEARER),), missing="no token")
