"""No answer to one is ever told to another: each carries a canary of who asked."""

from __future__ import annotations

import asyncio
import json
from contextlib import ExitStack
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule
from tests.client.wire import pieces
from tests.engine.feeding import END, FedTransport, Line, events_of, key

from fairlead.engine.budgets import budget
from fairlead.engine.runtime import AsyncRuntime, drive
from fairlead.testing.memory import Answer, MemoryTransport
from fairlead.testing.runtime import FakeRuntime
from fairlead.types.http import HttpRequest

KEYS = ("k-a", "k-b", "k-c")
USERS = (None, "ann", "ben")
TEAMS = (None, "red", "blue")
TEXTS = ("Hi", "Ho")


def canary(key: str, user: str | None, team: str | None, text: str) -> str:
    return f"{key} {user} {team} {text}"


def seen(request: HttpRequest) -> str:
    """What the provider sees of who asks."""
    headers = dict(request.headers)
    body = json.loads(request.body)  # type: ignore[arg-type]
    team = headers.get("x-team")
    secret = headers["authorization"].removeprefix("Bearer ")
    return canary(secret, body.get("user"), team, body["messages"][0]["content"])


class Echo(MemoryTransport):
    """Answers with who has asked."""

    async def send(self, request: HttpRequest, **how: Any) -> Any:
        headers = (("content-type", "text/event-stream"),)
        self._answers.append(Answer(tuple(pieces(seen(request))), headers=headers))
        return await super().send(request, **how)


class Tenants(RuleBasedStateMachine):
    """Two credentials that change their keys, users and budgets' accounts, over one cache."""

    def __init__(self) -> None:
        super().__init__()
        self.runtime = FakeRuntime()
        self.transport = Echo(self.runtime, [])
        self.line = Line(self.transport, self.runtime, max_entries=8)
        self.held = {"one": KEYS[0], "two": KEYS[1]}
        self.credentials = {name: key(value) for name, value in self.held.items()}

    @rule(
        who=st.sampled_from(("one", "two")),
        user=st.sampled_from(USERS),
        team=st.sampled_from(TEAMS),
        text=st.sampled_from(TEXTS),
        stream=st.booleans(),
        refresh=st.booleans(),
    )
    def ask(self, who, user, team, text, stream, refresh) -> None:
        headers = () if team is None else (("x-team", team),)
        with ExitStack() as block:
            if team is not None:
                block.enter_context(budget(team, usd=1))
            call = self.line.call(
                text,
                stream=stream,
                user=user,
                headers=headers,
                credential=self.credentials[who],
                refresh=refresh,
            )
            reply = drive(self.line.ask(call))
            drive(events_of(reply))
        assert reply.result().text == canary(self.held[who], user, team, text)

    @rule(who=st.sampled_from(("one", "two")), value=st.sampled_from(KEYS))
    def rotate(self, who, value) -> None:
        self.credentials[who].rotate(value)
        self.held[who] = value

    @rule(seconds=st.sampled_from((1.0, 59.0, 61.0)))
    def wait(self, seconds) -> None:
        self.runtime.advance(seconds)


Tenants.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


@pytest.mark.invariant("I16")
class TestTenants(Tenants.TestCase):
    """Whatever happens between them, in any order."""


ASKED = st.tuples(st.sampled_from(KEYS), st.sampled_from(USERS), st.sampled_from(TEXTS))


@pytest.mark.invariant("I16")
@settings(max_examples=40, deadline=None)
@given(st.lists(ASKED, min_size=1, max_size=24))
def test_those_who_ask_at_the_same_time_share_with_themselves_alone(asked) -> None:
    class EchoFed(FedTransport):
        async def send(self, request: HttpRequest, **how: Any) -> Any:
            self.fed = (*pieces(seen(request)), END)
            return await super().send(request, **how)

    async def run() -> int:
        transport = EchoFed()
        line = Line(transport, AsyncRuntime())
        credentials = {value: key(value) for value in KEYS}

        async def one(value: str, user: str | None, text: str) -> None:
            call = line.call(text, user=user, credential=credentials[value])
            reply = await line.ask(call)
            await events_of(reply)
            assert reply.result().text == canary(value, user, None, text)

        await asyncio.gather(*[one(*item) for item in asked])
        return len(transport.requests)

    assert asyncio.run(run()) == len(set(asked))
