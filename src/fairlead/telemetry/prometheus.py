"""The statistics as Prometheus reads them, through its official client library."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from fairlead.errors import ConfigError
from fairlead.telemetry.snapshot import BOUNDS

if TYPE_CHECKING:
    from prometheus_client.core import Metric
    from prometheus_client.registry import CollectorRegistry

    from fairlead.telemetry.snapshot import Distribution, Snapshot, TargetSnapshot
    from fairlead.telemetry.statistics import Statistics


class Collector:
    """Register it: `REGISTRY.register(Collector(statistics))`, beside your own metrics.

    Needs the extra `fairlead[prometheus]`. Labels are targets, phases and names of errors, of which
    there are as many as the statistics bound; nothing that people write.
    """

    def __init__(self, statistics: Statistics) -> None:
        _core()
        self._statistics = statistics

    def describe(self) -> Iterable[Metric]:
        """Nothing in advance: registering must not take a snapshot."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Every figure of one snapshot."""
        snapshot = self._statistics.snapshot()
        yield from _counters(snapshot)
        yield from _gauges(snapshot)
        yield from _durations(snapshot)


def exposition(statistics: Statistics) -> bytes:
    """The page that a Prometheus server reads, in its text format; see `Collector`."""
    _core()
    from prometheus_client import CollectorRegistry, generate_latest

    registry: CollectorRegistry = CollectorRegistry(auto_describe=False)
    registry.register(Collector(statistics))
    return generate_latest(registry)


def _core() -> None:
    """Raises `ConfigError` where the library is missing."""
    try:
        import prometheus_client.core  # noqa: F401
    except ImportError as error:
        raise ConfigError(
            "prometheus_client is not installed; run pip install 'fairlead[prometheus]'"
        ) from error


def _counters(snapshot: Snapshot) -> Iterator[Metric]:
    from prometheus_client.core import CounterMetricFamily

    calls = CounterMetricFamily(
        "fairlead_calls", "Calls that ended, by how.", labels=("target", "ended")
    )
    attempts = CounterMetricFamily(
        "fairlead_attempts", "Attempts, retries included.", labels=("target",)
    )
    tokens = CounterMetricFamily(
        "fairlead_tokens", "Tokens that providers reported.", labels=("target", "type")
    )
    cost = CounterMetricFamily(
        "fairlead_cost_usd", "Cost of answers whose price is known.", labels=("target",)
    )
    for item in snapshot.targets:
        for how, count in sorted(item.ended.items()):
            calls.add_metric((item.target, how), count)
        attempts.add_metric((item.target,), item.attempts)
        tokens.add_metric((item.target, "input"), item.input_tokens)
        tokens.add_metric((item.target, "output"), item.output_tokens)
        cost.add_metric((item.target,), float(item.usd))
    yield from (calls, attempts, tokens, cost)


def _gauges(snapshot: Snapshot) -> Iterator[Metric]:
    from prometheus_client.core import GaugeMetricFamily

    now = GaugeMetricFamily("fairlead_calls_under_way", "Calls under way.", labels=("target",))
    peak = GaugeMetricFamily(
        "fairlead_calls_peak", "The most calls that were under way at once.", labels=("target",)
    )
    for item in snapshot.targets:
        now.add_metric((item.target,), item.under_way)
        peak.add_metric((item.target,), item.peak)
    yield from (now, peak)


def _durations(snapshot: Snapshot) -> Iterator[Metric]:
    from prometheus_client.core import HistogramMetricFamily

    whole = HistogramMetricFamily(
        "fairlead_call_duration_seconds", "Whole calls, waiting included.", labels=("target",)
    )
    phase = HistogramMetricFamily(
        "fairlead_phase_duration_seconds", "Where attempts spend time.", labels=("target", "phase")
    )
    for item in snapshot.targets:
        _add(whole, (item.target,), item.seconds)
        for name, found in _by_phase(item):
            _add(phase, (item.target, name), found)
    yield from (whole, phase)


def _by_phase(item: TargetSnapshot) -> list[tuple[str, Distribution]]:
    return sorted(item.phases.items())


def _add(family: Metric, labels: tuple[str, ...], found: Distribution) -> None:
    from prometheus_client.core import HistogramMetricFamily

    assert isinstance(family, HistogramMetricFamily)
    edges = [f"{bound:g}" for bound in BOUNDS]
    buckets = [*zip(edges, found.below, strict=True), ("+Inf", found.count)]
    family.add_metric(labels, buckets, found.total)
