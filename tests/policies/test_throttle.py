"""Adaptive throttling refuses what a failing provider would refuse, and little else."""

from __future__ import annotations

from random import Random

from fairlead.policies.throttle import Throttle


def sent_in(throttle: Throttle, seconds: range, random: Random, capacity: float) -> tuple[int, int]:
    """Ten calls a second to a provider that takes a share of them: how many came through to it."""
    sent = accepted = 0
    for second in seconds:
        for tenth in range(10):
            now = second + tenth / 10
            if throttle.admit(now, random.random()):
                sent += 1
                taken = random.random() < capacity
                accepted += taken
                throttle.answered(now, accepted=taken)
    return sent, accepted


def test_nothing_is_refused_while_at_least_half_is_taken() -> None:
    throttle = Throttle()
    sent, _ = sent_in(throttle, range(600), Random(1), capacity=0.75)
    assert sent == 6000
    assert throttle.share(600) == 0.0


def test_a_provider_that_takes_nothing_is_hardly_asked_any_more() -> None:
    throttle = Throttle()
    sent, _ = sent_in(throttle, range(600), Random(2), capacity=0.0)
    assert sent < 0.02 * 6000
    assert throttle.share(600) > 0.99


def test_one_that_takes_a_tenth_is_asked_about_twice_as_often_as_it_takes() -> None:
    throttle = Throttle()
    sent_in(throttle, range(300), Random(3), capacity=0.1)
    sent, accepted = sent_in(throttle, range(300, 1200), Random(4), capacity=0.1)
    assert sent < 9000 * 0.6
    assert accepted > 0


def test_what_comes_through_is_taken_again_and_so_it_recovers_within_minutes() -> None:
    throttle = Throttle()
    sent_in(throttle, range(300), Random(5), capacity=0.0)
    sent_in(throttle, range(300, 1200), Random(6), capacity=1.0)
    assert throttle.share(1200) == 0.0


def test_two_quiet_minutes_forget_everything() -> None:
    throttle = Throttle()
    sent_in(throttle, range(60), Random(7), capacity=0.0)
    assert throttle.share(60 + 125) == 0.0


def test_a_clock_that_goes_back_changes_nothing() -> None:
    throttle = Throttle()
    sent_in(throttle, range(60), Random(8), capacity=0.0)
    before = throttle.share(60)
    assert throttle.share(-1e9) == before


def test_what_is_under_way_or_was_never_answered_refuses_nothing() -> None:
    throttle = Throttle()
    assert all(throttle.admit(0, 0.0) for _ in range(100))
    assert throttle.share(0) == 0.0
