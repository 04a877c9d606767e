"""Real processes on one budget, killed while they hold: the limit stands."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.stores.race import LIMIT, opened
from tests.stores.race_limits import PLACES, RATE
from tests.timing import prompt

from fairlead.types.spending import Account, Hold, Shortage

RACE = Path(__file__).with_name("race.py")
RACE_LIMITS = Path(__file__).with_name("race_limits.py")

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


SOAK = os.environ.get("FAIRLEAD_SOAK") == "1"
"""With FAIRLEAD_SOAK=1 as many calls as make a hundred thousand operations."""


@pytest.mark.invariant("I2")
@pytest.mark.fault("R3", "what killed processes held is free again after their leases")
@pytest.mark.timeout(900 if SOAK else 120)
@pytest.mark.parametrize(
    ("kind", "processes", "calls"),
    [("sqlite", 16, 20_000 if SOAK else 960), ("redis", 64, 50_000 if SOAK else 4800)],
)
def test_settled_and_held_never_exceed_the_limit_and_leases_free_what_the_dead_held(
    kind: str, processes: int, calls: int, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    place = str(tmp_path / "ledger.db")
    if kind == "redis":
        place = request.getfixturevalue("own_redis").url
    words = [sys.executable, str(RACE), kind, place, str(processes), str(calls), str(calls // 50)]
    run = subprocess.run(words, capture_output=True, text=True, timeout=850 if SOAK else 110)
    assert run.stderr == ""
    seen = json.loads(run.stdout)
    assert seen["calls"] == calls - calls % processes
    assert seen["killed"] >= calls // 200
    assert LIMIT * 0.9 < seen["worst"] <= LIMIT
    assert seen["refused"] > 0, "there was enough for all, which proves nothing"
    assert seen["sure"] <= seen["settled"] <= seen["sure"] + seen["unsure"]
    assert seen["everywhere"] == seen["settled"]
    assert seen["held_after_the_lease"] == 0


HOLDS_AND_DIES = """
import os, signal, sys, time
from tests.stores.race import opened
from fairlead.types.spending import Account, Hold
store = opened(sys.argv[1], sys.argv[2])
team = Account(sys.argv[3], 100)
store.hold(Hold(f"{team.name} dies", 100, (team,), 1.0), time.monotonic(), time.time())
print(time.monotonic(), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("kind", ["sqlite", "redis"])
def test_what_a_killed_process_held_is_held_until_its_lease_ends(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    place = str(tmp_path / "ledger.db")
    if kind == "redis":
        place = request.getfixturevalue("own_redis").url
    store = opened(kind, place)
    for number, watch in enumerate(prompt(1.0)):  # a look past its lease would not see it
        team = Account(f"team-{number}", 100)
        words = [sys.executable, "-c", HOLDS_AND_DIES, kind, place, team.name]
        died = float(subprocess.run(words, capture_output=True, check=False).stdout)
        held = store.balance(team, time.monotonic(), time.time())
        refused = store.hold(Hold(f"late-{number}", 1, (team,), 1.0), time.monotonic(), time.time())
        watch.seconds = time.monotonic() - died
    assert held == (0, 100)
    assert isinstance(refused, Shortage)
    while store.balance(team, time.monotonic(), time.time()) != (0, 0):
        assert time.monotonic() - died < 60
        time.sleep(0.02)
    granted = store.hold(Hold("next", 100, (team,), 1.0), time.monotonic(), time.time())
    assert not isinstance(granted, Shortage)
    store.close()


@pytest.mark.invariant("I6")
@pytest.mark.fault("R3", "the places of processes that were killed come free after their leases")
@pytest.mark.parametrize("kind", ["sqlite", "redis"])
def test_no_more_are_inside_or_let_in_than_the_limits_allow(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    place, folder = str(tmp_path / "limits.db"), tmp_path / "inside"
    folder.mkdir()
    if kind == "redis":
        place = request.getfixturevalue("own_redis").url
    words = [sys.executable, str(RACE_LIMITS), kind, place, str(folder), "16", "1", "3"]
    run = subprocess.run(words, capture_output=True, text=True, timeout=110)
    assert run.stderr == ""
    seen = json.loads(run.stdout)
    assert 1 < seen["worst"] <= PLACES
    assert RATE.burst < seen["let_in"] <= seen["most"]
    assert 1 <= seen["killed"] <= 3
    assert seen["free_after_the_leases"] == PLACES
