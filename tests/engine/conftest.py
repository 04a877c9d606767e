"""A rig for engine tests: the whole stack on a fake clock and a transport without a network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from fairlead.engine.call import Call
from fairlead.engine.codecs import PlainCodec
from fairlead.engine.forgotten import Forgotten
from fairlead.engine.guards import Guards
from fairlead.engine.layers.retry import RetryBudgets
from fairlead.engine.reply import Reply
from fairlead.engine.runtime import drive
from fairlead.engine.stack import build
from fairlead.engine.watching import Watching
from fairlead.errors import FairleadError
from fairlead.policies.retry import RetryPolicy
from fairlead.ports import Authorizer, Limits, Observer, Timeouts
from fairlead.testing.memory import Answer, MemoryTransport
from fairlead.testing.runtime import FakeRuntime


class Rig:
    """`drive` stands in for an event loop: nothing here may ever suspend."""

    def __init__(self) -> None:
        self.runtime = FakeRuntime()
        self.policy = RetryPolicy()
        self.observers: list[Observer] = []
        self.timeouts = Timeouts()
        self.limits = Limits()
        self.budgets = RetryBudgets(ratio=0.2, floor=10)
        self.guards = Guards()

    def serve(self, *answers: Answer | FairleadError) -> None:
        self.transport = MemoryTransport(self.runtime, answers)
        self.watching = Watching(self.observers)
        self.forgotten = Forgotten()
        self._handler = build(
            transport=self.transport,
            runtime=self.runtime,
            retries=self.policy,
            budgets=self.budgets,
            watching=self.watching,
            random=lambda: 0.5,
            guards=self.guards,
            forgotten=self.forgotten,
        )

    def call(
        self,
        *,
        stream: bool = False,
        allowed: float = 600.0,
        credential: Authorizer | None = None,
    ) -> Call[Any, Any]:
        codec = PlainCodec(
            "POST",
            "http://127.0.0.1:9/run",
            b"{}",
            target="agent/run",
            stream=stream,
            limits=self.limits,
        )
        return Call(
            operation="post",
            target="agent/run",
            codec=codec,
            credential=credential,
            stream=stream,
            timeouts=self.timeouts,
            limits=self.limits,
            started=self.runtime.now(),
            allowed=allowed,
            whole_timeout=self.timeouts.total,
        )

    def run(self, call: Call[Any, Any]) -> Reply[Any, Any]:
        return drive(self._handler(call))

    def events(self, reply: Reply[Any, Any]) -> list[Any]:
        found: list[Any] = []
        while True:
            try:
                batch: Sequence[Any] = drive(reply.__anext__())
            except StopAsyncIteration:
                return found
            found.extend(batch)


@pytest.fixture
def rig() -> Rig:
    return Rig()
