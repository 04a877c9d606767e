"""`fairlead ping`: how long each step to a provider takes, as bars of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from fairlead.types.pings import PhaseTimes, Ping

_WIDTH = 40
_HEADINGS = ("p50", "p90", "max")


@click.command("ping")
@click.argument("providers", nargs=-1, required=True)
@click.option("-n", "tries", type=click.IntRange(1, 100), default=5, show_default=True,
              help="How often to try, on new connections and then on one that stands.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list, with every try.")
@click.pass_context
def command(context: click.Context, providers: tuple[str, ...], tries: int, as_json: bool) -> None:
    """Measure each step on the way to PROVIDERS: DNS, TCP, TLS or QUIC, the server's answer.

    PROVIDERS are names, or addresses such as https://example.org. No key is needed and none is
    sent: an answer of 401 is an answer. Exits with 1 where one cannot be reached.
    """
    from fairlead.cli.report import to_json
    from fairlead.cli.terminal import write
    from fairlead.pinging import ping, place_of
    from fairlead.providers.registry import Registry
    from fairlead.settings import Settings

    settings = Settings.load()
    registry = Registry(settings)
    places = [place_of(registry, name) for name in providers]
    found: list[Ping] = []
    for name, url in places:
        found.append(ping(settings, name, url, tries=tries))
        if not as_json:
            write(_shown(found[-1]))
    if as_json:
        write(to_json([_fields(item) for item in found], indent=True) + "\n")
    if any(item.error is not None for item in found):
        context.exit(1)


def _fields(item: Ping) -> dict[str, object]:
    return {
        "name": item.name,
        "url": item.url,
        "error": item.error,
        "new": item.times(reused=False),
        "reused": item.times(reused=True),
        "tries": item.tries,
    }


def _shown(item: Ping) -> str:
    from fairlead.cli.printable import one_line

    lines = [one_line(_summary(item)), *_plot("new", item.times(reused=False))]
    lines += _plot("reused", item.times(reused=True))
    if item.error is not None:
        lines.append(f"  {one_line(item.error)}")
    return "\n".join(lines) + "\n\n"


def _summary(item: Ping) -> str:
    title = item.url if item.name == item.url else f"{item.name}: {item.url}"
    if not item.tries:
        return title
    last = item.tries[-1]
    tls = [found.tls_version for found in item.tries if found.tls_version]
    parts = [f"{last.status} over HTTP/{last.http_version}"]
    if tls:
        parts.append(f"TLS {tls[0]}")
    parts.append(f"from {last.remote}")
    new = [found for found in item.tries if not found.reused]
    if tls and len(new) > 1:
        parts.append(f"{sum(found.resumed for found in new)} of {len(new) - 1} sessions resumed")
    return f"{title}: {', '.join(parts)}"


def _plot(title: str, times: tuple[PhaseTimes, ...]) -> list[str]:
    """A waterfall: each step's median begins where that of the one before it ends."""
    if not times:
        return []
    steps = [item for item in times if item.phase != "total"]
    whole = max(sum(item.p50 for item in steps), 1e-9)
    heading = f"  {title:<8} {'':<{_WIDTH}} " + " ".join(f"{name:>8}" for name in _HEADINGS)
    lines, before = [heading], 0.0
    for item in times:
        if item.phase == "total":
            bar = ""
        else:
            begin, end = (round(part / whole * _WIDTH) for part in (before, before + item.p50))
            bar = " " * min(begin, _WIDTH - 1) + "#" * max(1, end - begin)
            before += item.p50
        figures = " ".join(f"{_time(value):>8}" for value in (item.p50, item.p90, item.most))
        lines.append(f"  {item.phase:<8} {bar:<{_WIDTH}} {figures}")
    return lines


def _time(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"
