"""`fairlead.conform`: how well a server keeps to the protocol that it claims to speak."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from msgspec.structs import replace

from fairlead.auth.origin import origin_of, require_secure
from fairlead.auth.secret import Secret
from fairlead.conforming.catalogue import checks_of, protocol_named
from fairlead.conforming.peer import Peer
from fairlead.dialects.catalogue import models_of
from fairlead.engine.runtime import drive
from fairlead.errors import InvalidRequest
from fairlead.settings import Settings
from fairlead.types.conformance import CheckOutcome, Scorecard

if TYPE_CHECKING:
    from fairlead.conforming.check import Check
    from fairlead.conforming.protocol import Protocol

_PATIENCE_SECONDS = 120.0
"""How long one answer may take, where the settings do not say less."""


class Examination:
    """One run of checks, outcome by outcome. `model` is the one that is asked."""

    def __init__(self, peer: Peer, url: str, checks: Sequence[Check]) -> None:
        self._peer = peer
        self._url = url
        self._checks = checks

    @property
    def model(self) -> str:
        return self._peer.model

    def outcomes(self) -> Iterator[CheckOutcome]:
        """Ask one check after the other."""
        for item in self._checks:
            yield item.outcome(self._peer)

    def scorecard(self, outcomes: Sequence[CheckOutcome]) -> Scorecard:
        return Scorecard(self._url, self._peer.protocol.name, self.model, tuple(outcomes))


def conform(
    url: str,
    *,
    dialect: str = "openai_chat",
    model: str | None = None,
    key: str | None = None,
    only: str | Sequence[str] = (),
    costly: bool = False,
    settings: Settings | None = None,
) -> Scorecard:
    """Check the server at `url` against a dialect's documentation, and wait for the scorecard.

    `url` is what a client takes as its base, such as `http://localhost:8080/v1`. `dialect` is
    `openai_chat`, `openai_responses` or `anthropic_messages`; without a `model`, the first that the
    server lists is asked. `only` names an area, such as `streams`, or several. `costly` allows the
    check that sends a prompt of 300,000 words. About fifty small requests are made. Raises
    `InvalidRequest` for arguments that lead nowhere, `TransportError` where nothing answers.
    """
    try:
        secret = None if key is None else Secret(key)
    finally:
        del key  # a traceback that shows local variables must show no key
    with examination(
        url, dialect=dialect, model=model, key=secret, only=only, costly=costly, settings=settings
    ) as run:
        return run.scorecard(list(run.outcomes()))


@contextmanager
def examination(
    url: str,
    *,
    dialect: str,
    model: str | None,
    key: Secret | None,
    only: str | Sequence[str],
    costly: bool,
    settings: Settings | None,
) -> Iterator[Examination]:
    """The same, for those who want each outcome as it comes. The connections end with the block."""
    from fairlead.transports.curl import BlockingCurlTransport

    settings = settings or Settings.load()
    areas = (only,) if isinstance(only, str) else only
    checks, protocol = checks_of(areas), protocol_named(dialect)
    require_secure(origin_of(url), allow_insecure_http=settings.http.allow_insecure_http)
    patience = min(settings.timeouts.total, _PATIENCE_SECONDS)
    timeouts = replace(settings.timeouts, total=patience)
    transport = BlockingCurlTransport(settings.transport_http(), settings.limits)
    peer = Peer(protocol, url, model or "", key, transport, timeouts=timeouts, costly=costly)
    try:
        # Which model there is, or at least that something answers at all.
        if model is None:
            peer.model = _first_model(peer, protocol)
        else:
            peer.get(protocol.models_path)
        yield Examination(peer, url, checks)
    finally:
        drive(transport.aclose())


def _first_model(peer: Peer, protocol: Protocol) -> str:
    answer = peer.get(protocol.models_path)
    models = models_of(answer.data) if answer.ok else ()
    if not models:
        raise InvalidRequest(
            f"the server lists no models (it answered {answer.status}); name one with model="
        )
    return models[0].id
