"""Token grants of OAuth 2: what is sent to a token endpoint, and the lease in its answer.

Nothing of an answer is ever shown, because any of them may hold a token.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from fairlead.auth.flow import send
from fairlead.auth.leased import Lease
from fairlead.auth.secret import Secret
from fairlead.auth.token_answer import form_request, grant_of, refusal_of, refused
from fairlead.errors import DecodeError, MissingCredentials
from fairlead.ports import Flow, FlowResponse

_SECONDS = 3600.0
"""The life of a token whose answer does not tell."""
_FAULTS = frozenset({"temporarily_unavailable", "server_error", "internal_failure"})


class Grantor(Struct, frozen=True):
    """Who gives the token. `remedy` says what to do about a refusal."""

    url: str
    title: str
    remedy: str


def redeem(grantor: Grantor, fields: Iterable[tuple[str, str]], wall: float) -> Flow[Lease[Secret]]:
    """Exchange what stands in `fields` for a token."""
    response = yield from send(form_request(grantor.url, fields))
    return lease_in(response, grantor, wall)


def lease_in(response: FlowResponse, grantor: Grantor, wall: float) -> Lease[Secret]:
    """The lease in an answer.

    Raises `MissingCredentials` for a refusal, `ApiError` where the server failed, `DecodeError`
    for nonsense.
    """
    code = refusal_of(response)
    if code in _FAULTS or response.status == 429 or not 200 <= response.status < 500:
        raise refused(response.status, grantor.title)
    if 300 <= response.status < 400:
        raise DecodeError(f"{grantor.title} redirects; redirects are never followed with a secret")
    if code is not None or response.status >= 400:
        raise MissingCredentials(
            f"{grantor.title} gave no token ({code or f'HTTP {response.status}'}); {grantor.remedy}"
        )
    grant = grant_of(response, grantor.title, grantor.remedy)
    lifetime = _SECONDS if grant.lifetime is None else grant.lifetime
    return Lease(grant.access, wall + lifetime)
