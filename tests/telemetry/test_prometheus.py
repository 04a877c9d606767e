"""The page for Prometheus, read back by its own client library."""

from __future__ import annotations

import sys

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from tests.telemetry.sweeping import KEY, Points, core, whole

from fairlead.engine.runtime import drive
from fairlead.errors import ConfigError, FairleadError
from fairlead.telemetry import Collector, Statistics, exposition
from fairlead.testing.memory import Answer
from fairlead.types.receipts import Attempt, Timings

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def read(page: bytes) -> Samples:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(page.decode())
        for sample in family.samples
    }


def counted() -> Statistics:
    statistics = Statistics()
    refused = Answer((b'{"error":{"message":"a secret remark"}}',), status=401)
    client = core(Points("blocking", None), [whole("a secret answer"), refused], statistics)
    drive(client.chat("fake/m", "a secret question", {}))
    with pytest.raises(FairleadError):
        drive(client.chat("fake/m", "a secret question", {}))
    return statistics


def test_calls_attempts_and_tokens_are_counters() -> None:
    found = read(exposition(counted()))

    target = ("target", "fake/m")
    assert found["fairlead_calls_total", (("ended", "ok"), target)] == 1
    assert found["fairlead_calls_total", (("ended", "AuthenticationError"), target)] == 1
    assert found["fairlead_attempts_total", (target,)] == 2
    assert found["fairlead_tokens_total", (target, ("type", "input"))] == 12
    assert found["fairlead_calls_under_way", (target,)] == 0
    assert found["fairlead_calls_peak", (target,)] == 1


def test_durations_are_histograms_with_the_conventions_bounds() -> None:
    statistics = Statistics()
    for seconds in (0.005, 0.015, 0.015, 3.0, 500.0):
        timings = Timings(first_byte=seconds, first_event=seconds, total=seconds)
        statistics.count(
            "a/m", how="ok", seconds=seconds, attempts=[Attempt("a/m", timings=timings)]
        )

    found = read(exposition(statistics))

    def below(edge: str) -> float:
        labels = (("le", edge), ("target", "a/m"))
        return found["fairlead_call_duration_seconds_bucket", labels]

    assert [below(edge) for edge in ("0.01", "0.02", "2.56", "5.12", "81.92", "+Inf")] == [
        1,
        3,
        3,
        4,
        4,
        5,
    ]
    assert found["fairlead_call_duration_seconds_count", (("target", "a/m"),)] == 5
    labels = (("phase", "first_byte"), ("target", "a/m"))
    assert found["fairlead_phase_duration_seconds_sum", labels] == pytest.approx(503.035)


def test_it_stands_beside_the_metrics_of_the_program() -> None:
    registry = CollectorRegistry()
    registry.register(Collector(counted()))

    assert b"fairlead_calls_total" in generate_latest(registry)


def test_nothing_that_people_wrote_is_on_the_page() -> None:
    page = exposition(counted()).decode()

    assert "secret" not in page
    assert KEY not in page


def test_a_name_with_quotes_and_line_ends_does_no_harm() -> None:
    statistics = Statistics()
    name = 'a/m"\n\\evil'
    statistics.count(name, how="ok", seconds=1, attempts=())

    found = read(exposition(statistics))

    assert found["fairlead_attempts_total", (("target", name),)] == 0


def test_an_empty_page_is_a_page() -> None:
    assert read(exposition(Statistics())) == {}


def test_a_missing_package_is_named(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "prometheus_client.core", None)

    with pytest.raises(ConfigError, match=r"fairlead\[prometheus\]"):
        exposition(Statistics())
