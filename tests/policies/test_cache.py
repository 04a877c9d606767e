"""What a cache keeps, and for how long."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from fairlead.policies.cache import ENTRY_OVERHEAD, Shelf, digest

ROOM = 10 * ENTRY_OVERHEAD


def test_a_value_is_kept_until_its_time_is_over() -> None:
    shelf: Shelf[str] = Shelf(10, ROOM)
    shelf.put(b"a", "one", 5, until=100.0)

    assert shelf.get(b"a", 99.9) == "one"
    assert shelf.get(b"a", 100.0) is None
    assert (len(shelf), shelf.size) == (0, 0)


def test_of_too_many_the_one_goes_that_was_not_asked_for_the_longest() -> None:
    shelf: Shelf[str] = Shelf(2, ROOM)
    for name in (b"a", b"b"):
        shelf.put(name, name.decode(), 1, until=9.0)
    shelf.get(b"a", 0.0)
    shelf.put(b"c", "c", 1, until=9.0)

    assert [shelf.get(name, 0.0) for name in (b"a", b"b", b"c")] == ["a", None, "c"]


def test_what_is_larger_than_all_room_is_not_kept_and_drives_nothing_out() -> None:
    shelf: Shelf[str] = Shelf(10, ROOM)
    shelf.put(b"a", "a", 1, until=9.0)

    assert not shelf.put(b"b", "b", ROOM, until=9.0)
    assert (shelf.get(b"a", 0.0), shelf.get(b"b", 0.0)) == ("a", None)


def test_a_new_value_takes_the_place_of_the_old_one() -> None:
    shelf: Shelf[str] = Shelf(10, ROOM)
    shelf.put(b"a", "old", 500, until=9.0)
    shelf.put(b"a", "new", 1, until=9.0)

    assert shelf.get(b"a", 0.0) == "new"
    assert shelf.size == ENTRY_OVERHEAD + 1


def test_other_bounds_hold_at_once() -> None:
    shelf: Shelf[str] = Shelf(10, ROOM)
    for name in (b"a", b"b", b"c"):
        shelf.put(name, "x", 1, until=9.0)
    shelf.resize(1, ROOM)

    assert shelf.get(b"c", 0.0) == "x"
    assert len(shelf) == 1


PUTS = st.tuples(
    st.binary(min_size=1, max_size=1), st.integers(0, 12 * ENTRY_OVERHEAD), st.floats(0, 50)
)


@given(st.lists(PUTS, max_size=60), st.integers(1, 6))
def test_the_bounds_hold_whatever_is_put(puts, most) -> None:
    shelf: Shelf[int] = Shelf(most, ROOM)
    for now, (key, size, ttl) in enumerate(puts):
        shelf.put(key, now, size, until=now + ttl)
        kept = [other for other, _, _ in {p[0]: p for p in puts}.values()]

        assert len(shelf) <= most
        assert shelf.size <= ROOM
        found = {other: shelf.get(other, float(now)) for other in kept}
        assert all(value is None or puts[value][0] == other for other, value in found.items())


@given(st.lists(st.binary(max_size=6), max_size=5), st.lists(st.binary(max_size=6), max_size=5))
def test_only_equal_parts_have_one_key(one, other) -> None:
    salt = b"s" * 32

    assert (digest(one, salt) == digest(other, salt)) == (one == other)


@pytest.mark.invariant("I8")
def test_a_key_tells_nothing_to_who_guesses_its_parts() -> None:
    assert digest([b"sk-canary"], b"a" * 32) != digest([b"sk-canary"], b"b" * 32)
    assert b"sk-canary" not in digest([b"sk-canary"], b"a" * 32)
