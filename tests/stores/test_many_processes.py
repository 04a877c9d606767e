"""64 real processes on one budget, some killed while they hold: the limit stands."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.stores.race import LIMIT, opened

from fairlead.types.spending import Account, Hold, Shortage

RACE = Path(__file__).with_name("race.py")

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


@pytest.mark.parametrize(("kind", "calls"), [("sqlite", 30), ("redis", 100)])
def test_settled_and_held_never_exceed_the_limit_and_leases_free_what_the_dead_held(
    kind: str, calls: int, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    place = str(tmp_path / "ledger.db")
    if kind == "redis":
        place = request.getfixturevalue("own_redis").url
    words = [sys.executable, str(RACE), kind, place, "64", str(calls), "16"]
    run = subprocess.run(words, capture_output=True, text=True, timeout=110)
    assert run.stderr == ""
    seen = json.loads(run.stdout)
    assert seen["worst"] <= LIMIT
    assert seen["settled"] > LIMIT * 0.9, "the race was too short to reach the limit"
    assert seen["sure"] <= seen["settled"] <= seen["sure"] + seen["unsure"]
    assert seen["everywhere"] == seen["settled"]
    assert seen["held_after_the_lease"] == 0


HOLDS_AND_DIES = """
import os, signal, sys, time
from tests.stores.race import opened
from fairlead.types.spending import Account, Hold
store = opened(sys.argv[1], sys.argv[2])
team = Account("team", 100)
store.hold(Hold("dies", 100, (team,), 1.0), time.monotonic(), time.time())
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("kind", ["sqlite", "redis"])
def test_what_a_killed_process_held_is_held_until_its_lease_ends(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    place = str(tmp_path / "ledger.db")
    if kind == "redis":
        place = request.getfixturevalue("own_redis").url
    subprocess.run([sys.executable, "-c", HOLDS_AND_DIES, kind, place], check=False)
    died = time.monotonic()
    store, team = opened(kind, place), Account("team", 100)
    assert store.balance(team, time.monotonic(), time.time()) == (0, 100)
    refused = store.hold(Hold("late", 1, (team,), 1.0), time.monotonic(), time.time())
    assert isinstance(refused, Shortage)
    while store.balance(team, time.monotonic(), time.time()) != (0, 0):
        assert time.monotonic() - died < 5
        time.sleep(0.02)
    granted = store.hold(Hold("next", 100, (team,), 1.0), time.monotonic(), time.time())
    assert not isinstance(granted, Shortage)
    store.close()
