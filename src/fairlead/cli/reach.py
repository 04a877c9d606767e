"""The doctor's questions to providers: do they answer, does the key fit, does the clock agree?"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from msgspec.structs import replace

from fairlead.cli.findings import Finding
from fairlead.errors import FairleadError

if TYPE_CHECKING:
    from fairlead.client import Client
    from fairlead.ports import HttpResponse, Timeouts, Transport
    from fairlead.settings import Settings
    from fairlead.types.http import HttpRequest
    from fairlead.types.plain import CheckResult

_TOLERATED_SECONDS = 60.0
_PATIENCE_SECONDS = 20.0


class ClockWatch:
    """A transport around another, which compares every `Date` header with this clock.

    `skews` holds seconds by which this clock is ahead, by address.
    """

    def __init__(self, inner: Transport) -> None:
        self._inner = inner
        self.skews: dict[str, float] = {}

    async def send(
        self, request: HttpRequest, *, deadline: float, timeouts: Timeouts
    ) -> HttpResponse:
        response = await self._inner.send(request, deadline=deadline, timeouts=timeouts)
        date = _instant(response.headers.get("date"))
        if date is not None:
            self.skews[request.url] = time.time() - date
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()


def connections(settings: Settings, names: Iterable[str]) -> list[Finding]:
    """The cheapest call to each provider in `names`, once and without retries, then the clock."""
    from fairlead.client import Client
    from fairlead.transports.curl import BlockingCurlTransport

    settings = _impatient(settings)
    watch = ClockWatch(BlockingCurlTransport(settings.transport_http(), settings.limits))
    with Client(settings, transport=watch) as client:
        findings = [_connection(client, name) for name in names]
    return [*findings, clock(watch.skews)]


def clock(skews: dict[str, float]) -> Finding:
    """Whether this machine's clock agrees with the servers'; signatures and tokens depend on it."""
    if not skews:
        return Finding("skip", "clock", "not compared, as no server told the time")
    skew = sorted(skews.values())[len(skews) // 2]
    if abs(skew) <= _TOLERATED_SECONDS:
        return Finding("ok", "clock", f"within {_TOLERATED_SECONDS:.0f} s of the servers'")
    way = "ahead of" if skew > 0 else "behind"
    return Finding(
        "fail", "clock", f"{abs(skew):.0f} s {way} the servers'; set it, best by network time (NTP)"
    )


def _impatient(settings: Settings) -> Settings:
    timeouts = settings.timeouts
    return replace(
        settings,
        retry=replace(settings.retry, max_retries=0),
        timeouts=replace(timeouts, total=min(timeouts.total, _PATIENCE_SECONDS)),
    )


def _connection(client: Client, name: str) -> Finding:
    try:
        result = client.provider(name).check()
    except FairleadError as error:
        return Finding("skip", name, f"{error}, such as: fairlead -m {name}/<model> Hi")
    if not result.ok:
        problem = (result.problem or "").removeprefix(f"{name}: ")
        return Finding("fail", name, f"{problem}{_advice(result)}")
    version = f" over HTTP/{result.http_version}" if result.http_version else ""
    doubt = "" if result.tests_key or not result.key_name else "; this call does not test the key"
    return Finding("ok", name, f"{result.url} answers in {result.seconds:.2f} s{version}{doubt}")


def _advice(result: CheckResult) -> str:
    if result.status in (401, 403):
        return f"; check the key in {result.key_name or 'its variable'}"
    if result.status == 404:
        there = f"{result.url} is not there"
        return f"; {there}, but chat may be: fairlead -m {result.provider}/<model> Hi"
    return "" if result.status else f"; is {result.url} right, and can this machine reach it?"


def _instant(date: str | None) -> float | None:
    from email.utils import parsedate_to_datetime

    try:
        return parsedate_to_datetime(date).timestamp() if date else None
    except (ValueError, OverflowError):
        return None
