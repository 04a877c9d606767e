"""Looks a client over when an exchange is done: everything must be back where it was.

The client has all its layers: limits, a breaker, a budget, an observer, and a key whose value may
turn up nowhere.
"""

from __future__ import annotations

import asyncio
import gc
import io
import logging
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psutil
from tests.client.conftest import Asynchronous, Blocking

import fairlead
from fairlead import Settings
from fairlead.auth.secret import Secret
from fairlead.errors import FairleadError
from fairlead.policies.breaker import BreakerPolicy
from fairlead.policies.rate_limits import RateLimits
from fairlead.ports import Limits, Observer, Timeouts
from fairlead.settings import ProviderSettings, RetrySettings
from fairlead.stores.memory import shared_ledger
from fairlead.types.spending import Account

MODEL = "openai/gpt-4o"
CANARY = "canary-5b81d2-secret-key"
FORMS = (CANARY, CANARY[:20], CANARY[::-1])
LOGGERS = ("", "fairlead")


class Ends(Observer):
    """How often each call and attempt has begun and ended."""

    def __init__(self) -> None:
        self.begun: Counter[object] = Counter()
        self.ended: Counter[object] = Counter()

    def call_start(self, call) -> None:
        self.begun[call] += 1

    def call_stop(self, call, end) -> None:
        self.ended[call] += 1

    def call_exception(self, call, end, error) -> None:
        self.ended[call] += 1

    def attempt_start(self, call, begun) -> None:
        self.begun[begun] += 1

    def attempt_stop(self, call, begun, attempt) -> None:
        self.ended[begun] += 1

    def attempt_exception(self, call, begun, attempt, error) -> None:
        self.ended[begun] += 1


def layered(url: str, **changes: Any) -> Settings:
    """Settings with every layer in the way of `MODEL`, which is at `url`."""
    own = ProviderSettings(base_url=f"{url}/v1", key=Secret(CANARY))
    usual: dict[str, Any] = {
        "retry": RetrySettings(max_retries=0),
        "rate_limits": RateLimits(requests_per_second=100_000, concurrency=50),
        "breaker": BreakerPolicy(failures=1000, failure_percent=100),
        "timeouts": Timeouts(connect=5, pool=5, first_event=5, idle=5, progress=5, total=10),
        "limits": Limits(line=64 << 10, event=256 << 10, tool_arguments=32 << 10, total=1 << 20),
    }
    return Settings(providers={"openai": own}, **(usual | changes))


def held() -> int:
    """What the budget around the calls still holds, in nano-dollars."""
    account = Account("faults", 0, None)
    return shared_ledger().balance(account, time.monotonic(), time.time())[1]


def outcome(ask: Callable[[], Any]) -> tuple[Any, str]:
    """What a caller sees of a call, in words that both colours share, and all that is said."""
    with fairlead.budget("faults", usd=1000):
        try:
            answer = ask()
        except FairleadError as error:
            return _of_error(error), _everything_about(error)
    return (answer.text, answer.finish_reason, answer.usage, attempts_of(answer)), repr(answer)


def _of_error(error: FairleadError) -> Any:
    partial = getattr(error, "partial", None)
    cause = type(error.__cause__).__name__
    text = None if partial is None else partial.text
    return type(error).__name__, cause, text, error.retry_class, attempts_of(error)


def attempts_of(told: Any) -> list[Any]:
    attempts = () if told.receipt is None else told.receipt.attempts
    return [
        (attempt.status, (attempt.error or "").partition(":")[0], attempt.possibly_billed)
        for attempt in attempts
    ]


def _everything_about(error: BaseException) -> str:
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    return "".join(shown.format()) + repr(error) + repr(getattr(error, "receipt", None))


@contextmanager
def logged() -> Iterator[io.StringIO]:
    """All that is logged anywhere, at every level."""
    text = io.StringIO()
    handler, root = logging.StreamHandler(text), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(1)
    try:
        yield text
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


def check(client: Blocking | Asynchronous, ends: Ends, said: str) -> None:
    """Nothing is under way, held, told twice or not at all, and no key is in what was said."""
    assert ends.begun == ends.ended
    assert set(ends.begun.values()) <= {1}
    health = client.client.health(MODEL)
    assert (health.in_use, health.waiting) == (0, 0)
    assert held() == 0
    assert [form for form in FORMS if form in said] == []
    if isinstance(client, Asynchronous):
        assert client._run(_tasks()) == 1


async def _tasks() -> int:
    return len(asyncio.all_tasks())


def resources() -> tuple[int, int]:
    """Open descriptors and threads of this process."""
    gc.collect()
    return psutil.Process().num_fds(), threading.active_count()


def settled(before: tuple[int, int], within: float = 5.0) -> bool:
    """Whether descriptors and threads get back to what they were."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        now = resources()
        if now[0] <= before[0] and now[1] <= before[1]:
            return True
        time.sleep(0.01)
    return False
