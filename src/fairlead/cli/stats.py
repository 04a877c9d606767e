"""`fairlead stats`: how calls went and where their time goes, from the log of the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fairlead.telemetry.journal import Entry
    from fairlead.telemetry.snapshot import Distribution, Snapshot, TargetSnapshot

_DAY = 86_400
_HEADINGS = ("target", "calls", "failed", "attempts", "p50", "p90", "p99", "in", "out", "cost")
_PHASES = ("target", "phase", "p50", "p90", "p99", "share")


@click.command("stats")
@click.argument("target", required=False)
@click.option(
    "--days", type=click.FloatRange(min=0, min_open=True), help="Only the last so many days."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(target: str | None, days: float | None, as_json: bool) -> None:
    """Show calls, times by phase, and what to change, for every target or for TARGET alone.

    TARGET is a model, as provider/model, or a provider. The figures come from the log that the
    command line keeps in your state folder; it never holds what was asked or answered. Turn it off
    with FAIRLEAD_LOG=off, or with keep = false in the table [log] of fairlead.toml.
    """
    from fairlead.cli.report import to_json
    from fairlead.cli.terminal import note, write
    from fairlead.settings import Settings

    settings = Settings.load()
    path = journal_file()
    found = list(_chosen(path, target, days))
    if not settings.log.keep:
        note("the log is off, so that these figures do not grow")
    if not found and not as_json:
        note(f"no such call is in {path}")
        return
    snapshot = _counted(found)
    write(to_json(_fields(snapshot), indent=True) + "\n" if as_json else _shown(snapshot))


def journal_file() -> Path:
    """Where the log is."""
    import os

    from fairlead.auth.sources import Environment
    from fairlead.settings.places import state_folder
    from fairlead.telemetry.journal import NAME

    return state_folder(Environment(os.environ)) / "log" / NAME


def _chosen(path: Path, target: str | None, days: float | None) -> Iterator[Entry]:
    import time

    from fairlead.telemetry.journal import entries

    since = 0.0 if days is None else time.time() - days * _DAY
    for entry in entries(path):
        named = target is None or entry.target == target or entry.target.startswith(f"{target}/")
        if named and entry.began >= since:
            yield entry


def _counted(found: list[Entry]) -> Snapshot:
    from fairlead.telemetry.journal import peak
    from fairlead.telemetry.statistics import Statistics

    statistics = Statistics()
    for entry in found:
        statistics.count(
            entry.target,
            how=entry.ended,
            seconds=entry.seconds,
            attempts=entry.attempts,
            usage=entry.usage,
            cost=entry.cost,
        )
    statistics.note_peak(peak(found))
    return statistics.snapshot()


def _shown(snapshot: Snapshot) -> str:
    from fairlead.cli.printable import one_line
    from fairlead.cli.terminal import table
    from fairlead.telemetry.bottleneck import findings

    targets = snapshot.targets
    calls = table([_HEADINGS, *(_row(item) for item in targets if item.calls)])
    phases = table([_PHASES, *(row for item in targets for row in _phase_rows(item))])
    told = "".join(f"{one_line(str(finding))}\n" for finding in findings(snapshot))
    failures = "".join(f"{one_line(_failures(item))}\n" for item in targets if item.failed)
    most = f"at most {snapshot.peak} under way at once\n"
    return "\n".join(filter(None, (calls, phases, failures, told + most)))


def _row(item: TargetSnapshot) -> tuple[str, ...]:
    cost = f"${item.usd.normalize():f}" if item.usd else "-"
    counts = (str(item.calls), str(item.failed), str(item.attempts))
    tokens = (f"{item.input_tokens:,}", f"{item.output_tokens:,}")
    return (item.target, *counts, *_percentiles(item.seconds), *tokens, cost)


def _phase_rows(item: TargetSnapshot) -> Iterator[tuple[str, ...]]:
    from fairlead.telemetry.phases import PHASES

    total = sum(found.total for found in item.phases.values())
    for name in PHASES:
        found = item.phases.get(name)
        if found is not None and total:
            share = f"{found.total / total:.0%}"
            yield (item.target, name, *_percentiles(found), share)


def _failures(item: TargetSnapshot) -> str:
    from fairlead.telemetry.snapshot import FINE

    failed = [f"{count} {how}" for how, count in sorted(item.ended.items()) if how not in FINE]
    return f"{item.target} failed: {', '.join(failed)}"


def _percentiles(found: Distribution) -> tuple[str, str, str]:
    return _time(found.p50), _time(found.p90), _time(found.p99)


def _time(seconds: float) -> str:
    if seconds < 0.001:
        return f"{seconds * 1e6:.0f} us"
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def _fields(snapshot: Snapshot) -> dict[str, object]:
    from fairlead.telemetry.bottleneck import findings

    return {
        "targets": snapshot.targets,
        "peak": snapshot.peak,
        "bottlenecks": findings(snapshot),
    }
