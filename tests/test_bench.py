"""Every benchmark runs, at sizes that prove nothing about time; none is asserted."""

from __future__ import annotations

import gc

import pytest
from bench.__main__ import BENCHMARKS, main, profile, run, table
from bench.sizes import Sizes
from bench.table import Row, lines

TINY = Sizes(
    rounds=1,
    calls=4,
    concurrent_calls=64,
    bursts=1,
    burst_events=20,
    paced_events=5,
    idle_streams=10,
    processes=1,
    signatures=2,
    lookups=2,
    embeddings=10,
    json_characters=50_000,
    batches=1,
    batch_calls=2,
    crowd=5,
    crowd_rounds=1,
    decisions=10,
    delay=0.001,
)


@pytest.fixture(autouse=True, scope="module")
def _aside() -> None:
    """Benchmarks collect garbage before each round; what other tests keep is not theirs."""
    gc.collect()
    gc.freeze()


@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_benchmark_runs_and_gives_a_figure(name: str) -> None:
    (row,) = run([name], TINY)
    assert row.fairlead > 0 or row.unit in ("KB/stream", "modules")
    heading, line = lines([row])
    assert heading.startswith("benchmark")
    assert line.startswith(row.name)
    assert line.endswith("-" if row.limit is None else ("ok", "over"))


@pytest.mark.parametrize(
    ("name", "impossible"), [("peers-http1", 3), ("peers-http2", 6), ("first-event", 2)]
)
def test_a_table_has_a_figure_in_every_cell_that_can_have_one(name: str, impossible: int) -> None:
    made = table(name, TINY)
    cells = [cell for row in made.rows for cell in row[1:] if "us/" not in cell]
    assert cells.count("-") == impossible
    assert all(float(cell.split()[0]) > 0 for cell in cells if cell != "-")
    assert len(made.lines()) == len(made.rows) + 1


def test_a_ratio_is_held_against_its_limit() -> None:
    assert lines([Row("call", "us", 10.0, 19.0, "ratio", 1.9)])[1].split()[-3:] == [
        "1.90x",
        "1.90x",
        "ok",
    ]
    assert lines([Row("call", "us", 10.0, 19.2, "ratio", 1.9)])[1].endswith("over")


def test_an_excess_is_what_stands_above_the_floor() -> None:
    assert Row("import", "ms", 15.0, 25.0, "excess", 40.0).figure == 10.0


def test_a_ratio_without_a_floor_is_refused() -> None:
    with pytest.raises(ValueError, match="has no floor"):
        _ = Row("call", "us", None, 19.0, "ratio", 1.9).figure


def test_an_unknown_benchmark_is_refused_with_the_known_ones(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        main(["colour"])
    assert "call-async" in capsys.readouterr().err


@pytest.mark.parametrize(("kind", "colour"), [("call", "async"), ("burst", "blocking")])
def test_the_profile_names_the_functions_of_fairlead(
    kind: str, colour: str, capsys: pytest.CaptureFixture[str]
) -> None:
    profile([kind, colour], TINY)
    assert "fairlead/" in capsys.readouterr().out
