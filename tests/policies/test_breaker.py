"""The breaker against a model of it, and its rules one by one."""

from __future__ import annotations

import pytest
from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from fairlead.errors import ConfigError
from fairlead.policies.breaker import TRANSITIONS, Breaker, BreakerPolicy

OUTCOMES = st.sampled_from(["success", "failure", "neutral"])


def breaker(random: float = 0.5, **changes: float) -> Breaker:
    return Breaker(BreakerPolicy(**changes), random=lambda: random)


def sample(subject: Breaker, result: str, now: float) -> None:
    entered = subject.enter(now)
    assert entered is not None
    subject.leave(entered, result, now)


def opened(now: float = 0.0, **changes: float) -> Breaker:
    subject = breaker(**changes)
    for _ in range(5):
        sample(subject, "failure", now)
    assert subject.state(now) == "open"
    return subject


def test_who_came_while_it_opened_does_not_pass_for_the_probe() -> None:
    class Slow(Breaker):
        """Another thread opens it, and a probe begins, while this one looks at the state."""

        __slots__ = ("_between", "_own")

        @property
        def _state(self) -> str:  # type: ignore[override]
            own, between = self._own, getattr(self, "_between", None)
            if between is not None:
                self._between = None
                between()
            return own

        @_state.setter
        def _state(self, state: str) -> None:
            self._own = state

    subject = Slow(BreakerPolicy(probes=1), random=lambda: 0.5)

    def opened_and_probed() -> None:
        subject.trip(0.0, 1.0)
        assert subject.enter(2.0) is not None

    subject._between = opened_and_probed
    late = subject.enter(2.0)
    assert late is not None
    subject.leave(late, "success", 2.0)
    assert subject.state(2.0) == "half_open"


def test_five_failures_in_a_row_open_it_and_four_do_not() -> None:
    subject = breaker()
    for _ in range(4):
        sample(subject, "failure", 0.0)
    assert subject.state(0.0) == "closed"
    sample(subject, "success", 0.0)
    for _ in range(4):
        sample(subject, "failure", 0.0)
    assert subject.state(0.0) == "closed"
    sample(subject, "failure", 0.0)
    assert subject.state(0.0) == "open"


def test_half_of_twenty_failures_within_a_minute_open_it() -> None:
    subject = breaker()
    for index in range(19):
        sample(subject, ("failure", "success")[index % 2], index * 1.0)
    assert subject.state(19.0) == "closed"
    sample(subject, "failure", 19.0)
    assert subject.state(19.0) == "open"


def test_failures_that_have_left_the_window_count_no_more() -> None:
    subject = breaker()
    for index in range(18):
        sample(subject, ("failure", "success")[index % 2], 0.0)
    for index in range(18):
        sample(subject, ("success", "failure")[index % 2], 70.0)
    assert subject.state(70.0) == "closed"


def test_what_proves_nothing_neither_opens_nor_closes_it() -> None:
    subject = breaker()
    for _ in range(4):
        sample(subject, "failure", 0.0)
    for _ in range(100):
        sample(subject, "neutral", 0.0)
    sample(subject, "failure", 0.0)
    assert subject.state(0.0) == "open"
    for _ in range(10):
        sample(subject, "neutral", 70.0)
    assert subject.state(70.0) == "half_open"


@pytest.mark.invariant("I7")
def test_i7_open_refuses_and_says_for_how_long() -> None:
    subject = opened(now=100.0)
    assert subject.enter(130.0) is None
    assert subject.retry_after(130.0) == pytest.approx(30.0)


@pytest.mark.parametrize(("draw", "seconds"), [(0.0, 54.0), (0.5, 60.0), (0.999999, 66.0)])
def test_the_time_open_is_a_tenth_more_or_less(draw, seconds) -> None:
    subject = opened(random=draw)
    assert subject.retry_after(0.0) == pytest.approx(seconds, abs=0.001)


@pytest.mark.invariant("I7")
def test_i7_half_open_lets_one_probe_through_at_a_time() -> None:
    subject = opened()
    probe = subject.enter(60.0)
    assert probe is not None
    assert [subject.enter(60.0) for _ in range(100)] == [None] * 100
    assert subject.retry_after(60.0) == 1.0
    subject.leave(probe, "success", 61.0)
    assert subject.enter(61.0) is not None
    assert subject.enter(61.0) is None


def test_two_successes_close_it() -> None:
    subject = opened()
    sample(subject, "success", 60.0)
    assert subject.state(60.0) == "half_open"
    sample(subject, "success", 60.0)
    assert subject.state(60.0) == "closed"
    assert subject.in_a_row == 0


@pytest.mark.invariant("I7")
def test_i7_a_cancelled_probe_gives_its_place_back() -> None:
    subject = opened()
    probe = subject.enter(60.0)
    subject.leave(probe, "neutral", 60.0)
    assert subject.enter(60.0) is not None


def test_each_failed_probe_doubles_the_time_up_to_five_minutes() -> None:
    subject, now, times = opened(), 0.0, []
    for _ in range(5):
        times.append(round(subject.retry_after(now)))
        now += subject.retry_after(now)
        sample(subject, "failure", now)
    assert times == [60, 120, 240, 300, 300]


def test_soon_after_it_closed_it_opens_for_longer_and_later_for_as_long_as_at_first() -> None:
    subject = opened()
    for _ in range(2):
        sample(subject, "success", 60.0)
    for _ in range(5):
        sample(subject, "failure", 359.0)
    assert subject.retry_after(359.0) == pytest.approx(120.0)
    for _ in range(2):
        sample(subject, "success", 479.0)
    for _ in range(5):
        sample(subject, "failure", 779.0)
    assert subject.retry_after(779.0) == pytest.approx(60.0)


@pytest.mark.invariant("I7")
def test_i7_results_of_an_earlier_state_are_ignored() -> None:
    subject = breaker()
    slow = [subject.enter(0.0) for _ in range(10)]
    for _ in range(5):
        sample(subject, "failure", 0.0)
    for entered in slow[:5]:
        subject.leave(entered, "success", 30.0)
    assert subject.state(30.0) == "open"
    probe = subject.enter(60.0)
    for entered in slow[5:]:
        subject.leave(entered, "failure", 60.0)
    assert subject.state(60.0) == "half_open"
    assert subject.enter(60.0) is None
    subject.leave(probe, "success", 60.0)
    sample(subject, "success", 60.0)
    assert subject.state(60.0) == "closed"


def test_an_answer_that_breaks_off_turns_its_success_into_a_failure() -> None:
    subject = breaker()
    for _ in range(19):
        entered = subject.enter(0.0)
        subject.leave(entered, "success", 0.0)
        subject.broke(entered, 0.0)
    # Nineteen samples in all: one more reaches the twenty that are needed.
    assert subject.state(0.0) == "closed"
    sample(subject, "success", 0.0)
    entered = subject.enter(0.0)
    subject.leave(entered, "success", 0.0)
    subject.broke(entered, 0.0)
    assert subject.state(0.0) == "open"


def test_a_clock_that_goes_back_neither_opens_nor_closes_it() -> None:
    subject = opened(now=1000.0)
    assert subject.enter(0.0) is None
    assert subject.retry_after(0.0) == pytest.approx(1060.0)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"failures": 0}, "failures must be at least 1"),
        ({"probes": 0}, "probes must be at least 1"),
        ({"least_calls": -1}, "least_calls"),
        ({"open": 0}, "open must be above 0"),
        ({"window": float("nan")}, "window must be above 0"),
        ({"failure_percent": 101}, "at most 100"),
        ({"open": 400}, "open_most"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(changes, words) -> None:
    with pytest.raises(ConfigError, match=words):
        BreakerPolicy(**changes)


class Model(RuleBasedStateMachine):
    """Any order of entering, leaving and time passing, beside the rules written out plainly."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.subject = breaker()
        self.state = "closed"
        self.under_way: list[tuple[int, str]] = []
        self.probes = 0
        self.seen: list[tuple[str, str]] = []

    def look(self) -> None:
        """Whether the state that is stored moved along one of the allowed ways."""
        after = self.subject._state
        if after != self.state:
            self.seen.append((self.state, after))
            assert (self.state, after) in TRANSITIONS
            self.probes = 0
            self.under_way = [(entered, "stale") for entered, _ in self.under_way]
            self.state = after

    @rule(seconds=st.sampled_from([0.0, 1.0, 5.0, 61.0, 400.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def enters(self) -> None:
        before = self.subject.state(self.now)
        entered = self.subject.enter(self.now)
        self.look()
        if before == "closed":
            assert entered is not None
        elif before == "open":
            assert entered is None
            assert self.subject.retry_after(self.now) > 0
        else:
            assert (entered is not None) == (self.probes == 0)
        if entered is not None:
            self.under_way.append((entered, self.state))
            self.probes += self.state == "half_open"

    @precondition(lambda self: self.under_way)
    @rule(which=st.integers(0, 100), result=OUTCOMES)
    def leaves(self, which: int, result: str) -> None:
        entered, begun_in = self.under_way.pop(which % len(self.under_way))
        before = self.subject._state
        self.subject.leave(entered, result, self.now)
        if begun_in == "half_open":
            self.probes -= 1
        if begun_in == "stale" or result == "neutral":
            assert self.subject._state == before
        if begun_in == "half_open" and result == "failure":
            assert self.subject._state == "open"
        self.look()

    @invariant()
    def one_probe_at_most(self) -> None:
        assert 0 <= self.probes <= 1
        live = [begun for _, begun in self.under_way if begun == "half_open"]
        assert len(live) == self.probes


TestI7BreakerModel = Model.TestCase
TestI7BreakerModel.settings = settings(max_examples=150, stateful_step_count=60, deadline=None)


# -- by hand, and by other numbers ---------------------------------------------------------------


@pytest.mark.invariant("I7")
@pytest.mark.parametrize("before", ["closed", "open", "half_open"])
def test_it_is_opened_by_hand_from_every_state_and_closed_again(before) -> None:
    subject = breaker() if before == "closed" else opened()
    now = 0.0 if before != "half_open" else 70.0
    if before == "half_open":
        assert subject.enter(now) is not None
    assert subject.state(now) == before
    subject.trip(now, 5.0)
    assert subject.tripped
    assert subject.enter(now + 4.9) is None
    assert subject.retry_after(now + 4.0) == pytest.approx(1.0)
    assert subject.state(now + 5.0) == "half_open"
    subject.reset(now + 4.0)
    assert (subject.state(now + 4.0), subject.in_a_row, subject.tripped) == ("closed", 0, False)


def test_without_a_time_it_stays_open_until_it_is_closed() -> None:
    subject = breaker()
    subject.trip(0.0, None)
    assert subject.enter(1e9) is None
    assert subject.retry_after(1e9) is None
    subject.reset(1e9)
    assert subject.enter(1e9) is not None


@pytest.mark.invariant("I7")
def test_what_was_under_way_when_it_was_moved_by_hand_says_nothing() -> None:
    subject = breaker(failures=1)
    entered = subject.enter(0.0)
    assert entered is not None
    subject.trip(0.0, 5.0)
    subject.reset(1.0)
    subject.leave(entered, "failure", 2.0)
    assert subject.state(2.0) == "closed"


def test_a_probe_after_an_opening_by_hand_decides_as_ever() -> None:
    subject = breaker()
    subject.trip(0.0, 5.0)
    sample(subject, "failure", 6.0)
    assert subject.state(6.0) == "open"
    assert not subject.tripped


def test_other_numbers_count_what_has_failed_before() -> None:
    subject = breaker(failures=5)
    for _ in range(3):
        sample(subject, "failure", 0.0)
    subject.retune(BreakerPolicy(failures=4))
    sample(subject, "failure", 0.0)
    assert subject.state(0.0) == "open"


def test_another_window_begins_to_count_anew() -> None:
    subject = breaker(failures=50)
    for _ in range(15):
        sample(subject, "failure", 0.0)
    subject.retune(BreakerPolicy(failures=50, window=10))
    for _ in range(15):
        sample(subject, "failure", 0.0)
    assert subject.state(0.0) == "closed"
