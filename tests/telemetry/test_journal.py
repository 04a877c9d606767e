"""The log of the command line: private, bounded, and without a word of what was said."""

from __future__ import annotations

import json
import os
import stat
import sys
from concurrent.futures import ProcessPoolExecutor
from decimal import Decimal
from multiprocessing import get_context
from pathlib import Path

import pytest
from tests.telemetry.sweeping import KEY, Points, core, streamed, whole

from fairlead.engine.runtime import drive
from fairlead.errors import ConfigError, FairleadError
from fairlead.telemetry.journal import Entry, Journal, before, entries, peak
from fairlead.testing.memory import Answer
from fairlead.types.observed import CallEnd, ObservedCall
from fairlead.types.receipts import Attempt, Receipt

DOWN = Answer((b'{"error":{"message":"a secret remark"}}',), status=500)
REFUSED = Answer((KEY.encode(),), status=401)
CALL = ObservedCall("chat", "a/m", False, 100.0)


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "log" / "calls.jsonl"


def end(seconds: float = 1.0, **fields) -> CallEnd:
    return CallEnd(Receipt("chat", "a/m", (Attempt("a/m", **fields),), seconds=seconds))


def test_every_call_is_one_line_that_can_be_read_back(path) -> None:
    client = core(Points("blocking", None), [DOWN, whole(), streamed("x"), REFUSED], Journal(path))
    drive(client.chat("fake/m", "Hi", {}))

    async def leave() -> None:
        await (await client.stream("fake/m", "Hi", {})).aclose()

    drive(leave())
    with pytest.raises(FairleadError):
        drive(client.chat("fake/m", "Hi", {}))

    first, closed, refused = entries(path)
    assert (first.operation, first.target, first.ended, first.stream) == (
        "chat",
        "fake/m",
        "ok",
        False,
    )
    assert [attempt.status for attempt in first.attempts] == [500, 200]
    assert first.attempts[0].error == "ServerError"
    assert (first.usage.input_tokens, first.usage.raw) == (12, None)
    assert first.seconds > 0
    assert (closed.ended, closed.stream) == ("closed", True)
    assert refused.ended == "AuthenticationError"
    assert len(path.read_text().splitlines()) == 3


def test_neither_content_nor_key_is_in_it(path) -> None:
    client = core(
        Points("blocking", None), [DOWN, whole("a secret answer"), REFUSED], Journal(path)
    )
    drive(client.chat("fake/m", "a secret question", {"user": "a secret name"}))
    with pytest.raises(FairleadError):
        drive(client.chat("fake/m", "a secret question", {}))

    text = path.read_text()
    assert "secret" not in text
    assert KEY not in text


@pytest.mark.skipif(sys.platform == "win32", reason="there are no modes")
def test_only_its_owner_may_read_it(path) -> None:
    Journal(path).call_stop(CALL, end())

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_full_log_becomes_the_one_before(path) -> None:
    journal = Journal(path, largest=2_000)

    for number in range(100):
        journal.call_stop(CALL, end(float(number)))

    assert path.stat().st_size < 2_200
    assert before(path).stat().st_size < 2_200
    kept = [entry.seconds for entry in entries(path)]
    assert kept == [float(number) for number in range(100 - len(kept), 100)]
    assert sorted(item.name for item in path.parent.iterdir()) == [
        "calls.jsonl",
        "calls.jsonl.1",
        "calls.lock",
    ]


def _write(path: str, largest: int) -> None:
    journal = Journal(Path(path), largest=largest)
    for _ in range(200):
        journal.call_stop(CALL, end())


@pytest.mark.parametrize("largest", [1_000_000, 10_000])
def test_lines_of_several_processes_do_not_mix(path, largest) -> None:
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as pool:
        list(pool.map(_write, [str(path)] * 4, [largest] * 4))

    found = [place for place in (before(path), path) if place.exists()]
    lines = [line for place in found for line in place.read_bytes().splitlines()]
    assert all(json.loads(line)["target"] == "a/m" for line in lines)
    if largest == 1_000_000:
        assert len(lines) == 800
    else:
        # Half of it at least is kept, and never much more than two logs.
        assert 10_000 <= sum(place.stat().st_size for place in found) < 22_000


def test_damaged_lines_are_left_out(path) -> None:
    journal = Journal(path)
    journal.call_stop(CALL, end(1.0))
    with path.open("ab") as file:
        file.write(b'{"began": 1, "opera\n\xff\xfe\n[]\nnull\n' + b"[" * 100_000 + b"\n")
    journal.call_stop(CALL, end(2.0))

    assert [entry.seconds for entry in entries(path)] == [1.0, 2.0]


def test_fields_of_a_later_version_are_no_hindrance(path) -> None:
    path.parent.mkdir()
    entry = {"began": 1, "operation": "chat", "target": "a/m", "seconds": 1, "ended": "ok"}
    path.write_text(json.dumps(entry | {"new": {"field": [1]}}) + "\n")

    assert [entry.target for entry in entries(path)] == ["a/m"]


def test_no_log_is_an_empty_one(path) -> None:
    assert list(entries(path)) == []


def test_a_log_that_cannot_be_read_is_told(path) -> None:
    path.mkdir(parents=True)

    with pytest.raises(ConfigError, match="cannot read"):
        list(entries(path))


def test_a_log_that_cannot_be_written_ends_no_call(tmp_path) -> None:
    (tmp_path / "log").write_text("a file in the place of the folder")
    client = core(Points("blocking", None), [whole()], Journal(tmp_path / "log" / "calls.jsonl"))

    assert drive(client.chat("fake/m", "Hi", {})).text == "hello"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")  # noqa: PTH110
@pytest.mark.fault("R5")
def test_a_full_disk_ends_no_call(path) -> None:
    path.parent.mkdir(mode=0o700)
    path.parent.chmod(0o700)
    path.symlink_to("/dev/full")
    client = core(Points("blocking", None), [whole()], Journal(path))

    assert drive(client.chat("fake/m", "Hi", {})).text == "hello"


def test_costs_are_kept_exactly(path) -> None:
    import msgspec

    entry = Entry(1.0, "chat", "a/m", 1.0, "ok", usd=Decimal("0.1234567890123456789"))

    again = msgspec.json.decode(msgspec.json.encode(entry), type=Entry)

    assert again.cost.usd == entry.usd


def test_the_peak_is_found_in_the_log() -> None:
    found = [
        Entry(0.0, "chat", "a/m", 10.0, "ok"),
        Entry(1.0, "chat", "a/m", 2.0, "ok"),
        Entry(3.0, "chat", "a/m", 1.0, "ok"),
        Entry(20.0, "chat", "a/m", 1.0, "ok"),
    ]

    assert peak(found) == 2
    assert peak([]) == 0
