"""What must be true of every storm, read from its trace. Each check is one invariant."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from itertools import pairwise

from tests.storms.storm import Storm
from tests.storms.trace import Sent
from tests.storms.world import TOKENS_IN, TOKENS_OUT

from fairlead.policies.hints import LONGEST_WAIT

_NEARLY = 1e-6
_MICROSECOND = 1e-6
_WINDOW = 60.0
_MOST_RESTARTS = 3


def check(storm: Storm) -> None:
    """Raises AssertionError with everything that is wrong, and the plan."""
    for one in CHECKS:
        one(storm)
    problems = storm.trace.problems
    assert not problems, f"{problems[:5]} of {len(problems)} in {storm.plan}"


def each_ends_once(storm: Storm) -> None:
    """I1: each call and each attempt that began has ended; that it was once is watched live."""
    must, counting = storm.trace.must, storm.counting
    must(counting.begun == counting.ended, f"{counting.begun} calls, {counting.ended} ends")
    must(not counting.calls and not counting.attempts, "something has begun and never ended")


def nothing_is_left(storm: Storm) -> None:
    """I2, I7, I11: no hold, permit, place, probe, connection or load outlives the calls."""
    must, now = storm.trace.must, storm.loop.time()
    must(storm.transport.open == 0, f"{storm.transport.open} connections are open")
    for name in storm.plan.names:
        health = storm.guards.health(f"{name}/m", now)
        must(health.in_use == health.waiting == 0, f"permits of {name} are left")
        must(storm.records.of(f"{name}/m").load == 0, f"calls of {name} are counted for ever")
    breakers = storm.guards.breakers
    for name, breaker in getattr(breakers, "watched", {}).items():
        must(not any(breaker.out.values()), f"the breaker of {name} waits for permits")
    if storm.answers is not None:
        flights = storm.answers._flights.values()
        must(not any(flights), "a call that others shared is under way for ever")
    if storm.places is not None:
        must(not storm.places.inside, "places are taken for calls that are over")
    if storm.store is not None:
        must(not storm.store.open, "money is held for calls that are over")


def nothing_after_commit(storm: Storm) -> None:
    """I3: once an answer has begun, nothing is sent for its call, unless it broke and may anew."""
    must, route = storm.trace.must, storm.plan.route
    may_restart = route is not None and route.on_break == "restart"
    for number, end in storm.trace.ends.items():
        if end.committed is None:
            continue
        late = [sent for sent in storm.trace.of_visit(number) if sent.at > end.committed]
        must(may_restart or not late, f"visit {number} is sent again after its answer began")
        for sent in late if route is not None and route.hedge == "off" else ():
            begun = [s for s in storm.trace.of_visit(number) if s.at < sent.at and s.status == 200]
            whole = [s for s in begun if s.closed is None or s.closed > sent.at]
            must(not whole, f"visit {number} is sent again while its answer comes")


def retries_are_few(storm: Storm) -> None:
    """I4: no more requests of one call than its retries, targets, copies and restarts allow."""
    plan = storm.plan
    most = max(1 + plan.retries.max_retries, len(plan.names))
    if plan.route is not None:
        most += len(plan.names) if plan.route.hedge != "off" else 0
        most += _MOST_RESTARTS if plan.route.on_break == "restart" else 0
    for number in storm.trace.ends:
        sent = storm.trace.of_visit(number)
        replays = sum(one.fault == "401" for one in sent)
        few = len(sent) - replays <= most
        storm.trace.must(few, f"visit {number} is sent {len(sent)} times")


def time_is_kept(storm: Storm) -> None:
    """I4, I20: nothing is sent after the deadline, and nothing sent may take longer than it."""
    must, slept, told = storm.trace.must, bool(storm.plan.suspends), storm.plan.store or 0.0
    for number, end in storm.trace.ends.items():
        over = _deadline(storm, number)
        for one in storm.trace.of_visit(number):
            must(one.at < over, f"visit {number} is sent after its deadline")
            must(one.deadline <= over + _NEARLY, f"visit {number} may take longer than it has")
        # A machine that slept finds the answer when it wakes, and takes it. What it took is told
        # to the store of limits and to that of budgets before it is handed out.
        in_time = end.committed is None or end.committed <= over + 2 * told + _NEARLY
        must(in_time or slept, f"visit {number} begins to be answered too late")


def _deadline(storm: Storm, number: int) -> float:
    """When the time of a visit is up, and of all those whom its call may be serving."""
    visits, began = storm.plan.visits, storm.began
    if storm.plan.cache is None:
        return began[number] + visits[number].allowed
    asks = visits[number].asks
    return max(began[n] + visits[n].allowed for n in began if visits[n].asks == asks)


def retries_are_paid(storm: Storm) -> None:
    """I4: in any minute at most a share of the requests, and the floor, is sent again."""
    plan, trace = storm.plan, storm.trace
    for name in plan.names:
        label = f"{name}/m"
        spent = [(at, cost) for at, target, cost in trace.withdrawals if target == label]
        earned = [at for at, target in trace.deposits if target == label]
        calls = sum(1 for _, target in trace.legs if target == name)
        trace.must(len(earned) <= calls, f"{name}: {len(earned)} deposits of {calls} calls")
        first = 0
        paid = 0
        for at, cost in spent:
            paid += cost
            while spent[first][0] <= at - _WINDOW:
                paid -= spent[first][1]
                first += 1
            requests = bisect_right(earned, at) - bisect_right(earned, at - _WINDOW)
            fits = paid <= plan.ratio * requests + plan.floor + _NEARLY
            trace.must(fits, f"{name}: {paid} retries of {requests} requests in a minute")
        again = sum(times - 1 for times in _times_sent(storm, name).values())
        bought = sum(1 for _ in spent)
        trace.must(again <= bought, f"{name}: {again} retries, of which {bought} are paid")


def _times_sent(storm: Storm, name: str) -> dict[int, int]:
    """How often each visit was sent to a target, but for replays of a refused token."""
    times: dict[int, int] = defaultdict(int)
    for sent in storm.trace.sent:
        if sent.target == name and sent.fault != "401":
            times[sent.visit] += 1
    return times


def hints_are_kept(storm: Storm) -> None:
    """I5: whoever is told to come back later does not come sooner."""
    follows = storm.plan.limits is not None and storm.plan.limits.follow_headers
    told: dict[tuple[str, int], list[Sent]] = defaultdict(list)
    for sent in storm.trace.sent:
        for before in told[sent.target, sent.visit]:
            early = _told_by(before, sent.at) - sent.at
            storm.trace.must(early <= _NEARLY, f"visit {sent.visit} comes {early:.3f} s too early")
        if sent.hint:
            told[sent.target, sent.visit].append(sent)
    if follows:
        _closed_for_all(storm)


def _told_by(told: Sent, now: float) -> float:
    """Until when a target wants to be left alone, as far as was heard before `now`."""
    if told.answered is None or told.answered > now or not told.hint:
        return 0.0
    return 0.0 if told.hint > LONGEST_WAIT else told.answered + told.hint


def _closed_for_all(storm: Storm) -> None:
    """Where a limit follows what providers say, nobody comes before that time."""
    for name in storm.plan.names:
        sent = [s for s in storm.trace.sent if s.target == name]
        instants = [s.at for s in sent]
        for told in sent:
            if told.hint and told.answered is not None and told.status in (429, 503, 529):
                begins = bisect_right(instants, told.answered)
                ends = bisect_left(instants, told.answered + told.hint - _NEARLY)
                storm.trace.must(begins >= ends, f"{name} is asked while it wants to be left alone")


def limits_are_kept(storm: Storm) -> None:
    """I6: in any closed window no more begin than the rate allows, nor are too many under way."""
    limits = storm.plan.limits
    if limits is None or (limits.shared and storm.plan.outages):
        return  # what is sent without the store is beside what it has granted
    for name in storm.plan.names:
        sent = [s for s in storm.trace.sent if s.target == name]
        if limits.concurrency is not None:
            most = _most_at_once(sent)
            storm.trace.must(most <= limits.concurrency, f"{name}: {most} requests at once")
        rate = _rate(storm)
        if rate is not None:
            _check_rate(storm, [s.at for s in sent], *rate)


def _rate(storm: Storm) -> tuple[float, int] | None:
    limits = storm.plan.limits
    if limits is None or not limits.requests:
        return None
    if limits.requests_per_second is not None:
        count = limits.requests_per_second
        return count, 1 if limits.strict else limits.burst or count
    count = limits.requests_per_minute or 0
    return count / 60, 1 if limits.strict else limits.burst or max(1, count // 6)


def _check_rate(storm: Storm, at: list[float], rate: float, burst: float) -> None:
    # Stores count in whole microseconds. The worst window up to each is the one that begins where
    # i - rate * t is least.
    burst += rate * _MICROSECOND
    least = float("inf")
    for number, began in enumerate(at):
        least = min(least, number - rate * began)
        over = number + 1 - rate * began - least
        storm.trace.must(over <= burst + _NEARLY, f"{over:.2f} requests more than the rate allows")


def _most_at_once(sent: list[Sent]) -> int:
    ends = sorted(s.closed for s in sent if s.closed is not None)
    # What ends in the moment in which another begins has made room for it.
    return max((n + 1 - bisect_left(ends, s.at + _NEARLY) for n, s in enumerate(sent)), default=0)


def breakers_turn_as_they_may(storm: Storm) -> None:
    """I7: each change follows from the one before, beginning with closed."""
    for name in storm.plan.names:
        turns = [turn for turn in storm.trace.turns if turn[1] == f"{name}/m"]
        must = storm.trace.must
        must(not turns or turns[0][2] == "closed", f"the breaker of {name} begins {turns[:1]}")
        for (_, _, _, became), (_, _, was, _) in pairwise(turns):
            must(became == was, f"the breaker of {name} jumps from {became} to {was}")


def tokens_are_fetched_once(storm: Storm) -> None:
    """I13: of two renewals of one token, the second begins when the first has ended."""
    for name in storm.plan.names:
        spans = [(began, ended) for target, began, ended in storm.trace.tokens if target == name]
        for (_, ended), (began, _) in pairwise(spans):
            storm.trace.must(began >= ended, f"{name}: two renewals of one token at once")


def _that_may_answer(storm: Storm, number: int) -> list[Sent]:
    """The requests of a visit, and where answers are shared those of all who asked the same."""
    if storm.plan.cache is None:
        return storm.trace.of_visit(number)
    return [s for s in storm.trace.sent if s.asks == storm.plan.visits[number].asks]


def answers_are_true(storm: Storm) -> None:
    """A finished answer is what its provider said, whole; a broken one is none."""
    for number, end in storm.trace.ends.items():
        if end.kind != "complete":
            continue
        sent = [s for s in _that_may_answer(storm, number) if s.status == 200]
        texts = [("" if s.fault in ("empty", "withheld") else s.text) for s in sent]
        storm.trace.must(end.text in texts, f"visit {number} is told {end.text!r}")
        if storm.store is not None and end.text:
            storm.trace.must(storm.store.spent > 0, "an answer costs nothing")


def receipts_are_whole(storm: Storm) -> None:
    """Each request stands in its call's receipt, also where it was cancelled."""
    if storm.plan.cache is not None:
        return  # who shares an answer made no attempt
    for number, end in storm.trace.ends.items():
        sent = len(storm.trace.of_visit(number))
        storm.trace.must(sent <= end.attempts, f"visit {number}: {end.attempts} of {sent} are told")


def nothing_is_paid_twice(storm: Storm) -> None:
    """A request costs at most what its answer says, or one guess; a refused one nothing."""
    if storm.store is None:
        return
    costly = [s for s in storm.trace.sent if not s.unsent and s.status in (None, 200)]
    most = len(costly) * (TOKENS_IN + TOKENS_OUT)
    storm.trace.must(storm.store.spent <= most, f"{storm.store.spent} of {most} are paid")


CHECKS = (
    each_ends_once,
    nothing_is_left,
    nothing_after_commit,
    retries_are_few,
    time_is_kept,
    retries_are_paid,
    hints_are_kept,
    limits_are_kept,
    breakers_turn_as_they_may,
    tokens_are_fetched_once,
    answers_are_true,
    receipts_are_whole,
    nothing_is_paid_twice,
)
