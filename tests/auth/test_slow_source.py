"""A key that takes long to read is read seldom, and anew when it was refused."""

from __future__ import annotations

import pytest
from tests.auth.dialogue import play

from fairlead.auth.secret import Secret
from fairlead.auth.slow_source import SlowSource
from fairlead.errors import ConfigError

START = 1_700_000_000.0


class Place:
    """What the source reads; `reads` counts."""

    def __init__(self, key: str | None = "one") -> None:
        self.key = key
        self.reads = 0
        self.locked = False

    def __call__(self) -> Secret | None:
        self.reads += 1
        if self.locked:
            raise ConfigError("locked")
        return None if self.key is None else Secret(self.key)


def renewed(source: SlowSource, wall: float) -> bool | None:
    """Do what is due; whether it was required, or None where nothing was due."""
    renewal = source.renewal(wall)
    if renewal is None:
        return None
    play(renewal.flow())
    return renewal.required


def test_nothing_is_read_before_it_is_needed_and_then_once_a_minute() -> None:
    place = Place()
    source = SlowSource("command op", place)
    assert source.present
    assert source.read() is None
    assert place.reads == 0
    assert renewed(source, START) is True
    assert source.read() == Secret("one")
    assert renewed(source, START + 59) is None
    place.key = "two"
    assert renewed(source, START + 60) is False
    assert source.read() == Secret("two")
    assert place.reads == 2


def test_a_key_that_cannot_be_read_again_stays_in_use() -> None:
    place = Place()
    source = SlowSource("command op", place)
    renewed(source, START)
    place.locked = True
    with pytest.raises(ConfigError):
        renewed(source, START + 61)
    assert source.read() == Secret("one")


def test_a_place_that_holds_nothing_is_asked_once_a_minute() -> None:
    place = Place(None)
    source = SlowSource("keyring a/b", place)
    assert renewed(source, START) is True
    assert not source.present
    assert renewed(source, START + 30) is None
    assert renewed(source, START + 90) is True


def test_a_refused_key_is_read_anew_before_the_next_request() -> None:
    place = Place()
    source = SlowSource("command op", place)
    renewed(source, START)
    place.key = "two"
    assert source.rejected(START + 20)
    assert renewed(source, START + 20) is True
    assert source.read() == Secret("two")


def test_a_key_that_stays_refused_is_not_read_for_every_request() -> None:
    place = Place()
    source = SlowSource("command op", place)
    renewed(source, START)
    assert source.rejected(START + 20)
    renewed(source, START + 20)
    assert not source.rejected(START + 21)
    assert renewed(source, START + 21) is None
    assert place.reads == 2


def test_others_that_were_refused_with_the_key_before_try_the_new_one() -> None:
    place = Place()
    source = SlowSource("command op", place)
    renewed(source, START)
    assert source.rejected(START + 20)
    place.key = "two"
    renewed(source, START + 20)
    assert source.rejected(START + 20.1)
    assert renewed(source, START + 20.1) is None
    assert place.reads == 2


def test_a_clock_that_was_set_back_makes_the_key_due() -> None:
    source = SlowSource("command op", Place())
    renewed(source, START)
    assert renewed(source, START - 1000) is False


def test_nothing_shows_the_key() -> None:
    source = SlowSource("command op", Place("canary"))
    renewed(source, START)
    assert "canary" not in repr(source)
