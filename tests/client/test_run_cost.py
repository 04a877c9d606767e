"""What a run may cost in all: the bound holds wherever its calls go, and however often."""

from __future__ import annotations

import asyncio
import json
import time
from decimal import Decimal
from typing import Any

import pytest
from tests.client.test_run import WEATHER, calling, get_weather, priced
from tests.client.wire import DONE, USAGE, chunk, streamed

import fairlead
from fairlead import AsyncClient, BudgetExceeded, Client, StreamInterrupted
from fairlead.policies.cost import nanos
from fairlead.stores.memory import shared_ledger
from fairlead.testing.chat import fails, says
from fairlead.testing.memory import Answer, MemoryResponse, MemoryTransport
from fairlead.testing.runtime import FakeRuntime
from fairlead.testing.server import ScriptedServer
from fairlead.types.spending import Account

CHEAP, DEAR = "openai/gpt-4o-mini", "openai/o1-pro"
TURN = Decimal("0.0000625")
"""Of `openai/gpt-4o`: 9 tokens of 2.50 dollars a million, and 4 of 10."""
ASKED: dict[str, Any] = {"tools": [get_weather], "max_tokens": 1000}
CUT = says("Hello", cut=True)


def asked_models(server: ScriptedServer) -> list[str]:
    return [json.loads(request.body)["model"] for request in server.requests]


def test_a_stream_that_would_begin_anew_where_it_is_too_dear_stays_cut(opened) -> None:
    anew = fairlead.route(CHEAP, DEAR, on_break="restart")
    with ScriptedServer(CUT, streamed("Rain.")) as server:
        client = opened(priced(server.url))
        with pytest.raises(StreamInterrupted):
            client.do("run", anew, "Oslo?", **ASKED, max_cost="0.05")
        assert asked_models(server) == ["gpt-4o-mini"]


def test_a_budget_around_the_beginning_of_a_stream_is_around_all_of_it() -> None:
    anew = fairlead.route(CHEAP, DEAR, on_break="restart")
    with ScriptedServer(CUT, streamed("Rain.")) as server, Client(priced(server.url)) as client:
        with fairlead.budget("beginning", usd="0.05"):
            begun = client.stream(anew, "Oslo?", max_tokens=1000)
            next(iter(begun))
        with pytest.raises(StreamInterrupted):
            list(begun)
        assert asked_models(server) == ["gpt-4o-mini"]


def test_a_target_that_is_too_dear_is_passed_over_for_the_next(opened) -> None:
    along = fairlead.route(DEAR, "openai/gpt-4o")
    with ScriptedServer(calling(WEATHER), streamed("Rain.")) as server:
        result = opened(priced(server.url)).do("run", along, "Oslo?", **ASKED, max_cost="0.05")
        assert asked_models(server) == ["gpt-4o"] * 2
    assert result.cost.usd == 2 * TURN


def test_what_each_target_of_a_route_cost_adds_up(opened) -> None:
    along = fairlead.route(CHEAP, "openai/gpt-4o")
    turns = [step for _ in range(5) for step in (fails(404), calling(WEATHER))]
    with ScriptedServer(*turns) as server:
        client = opened(priced(server.url))
        with pytest.raises(fairlead.FairleadError) as caught:
            client.do("run", along, "Oslo?", **ASKED, max_cost="0.0128", deadline=60)
        answered = asked_models(server).count("gpt-4o")
    told = _budget_errors(caught.value)
    assert answered in range(1, 5)
    assert {error.spent for error in told} == {answered * TURN}


def test_emulated_tools_are_paid_for_alike(opened) -> None:
    call = {"tool": "get_weather", "arguments": {"city": "Oslo"}}
    said = streamed(json.dumps(call))
    with ScriptedServer(*[said] * 5) as server:
        client = opened(priced(server.url))
        with pytest.raises(BudgetExceeded) as caught:
            client.do(
                "run", "openai/gpt-4o", "Oslo?", **ASKED, emulate_tools=True, max_cost="0.0158"
            )
        made = len(server.requests)
    assert made in range(1, 5)
    assert caught.value.spent == made * TURN


class OneHangs(MemoryTransport):
    """The first request hangs until it is dropped; the second calls the tool, the third answers."""

    def __init__(self) -> None:
        super().__init__(FakeRuntime(), ())
        self.asked = 0

    async def send(self, request: Any, *, deadline: float, timeouts: Any) -> MemoryResponse:
        self.asked += 1
        if self.asked == 1:
            await asyncio.Event().wait()
        self.open += 1
        last = chunk({"content": "Rain."}, "stop")
        body = (WEATHER, chunk({}, "tool_calls")) if self.asked == 2 else (last,)
        answer = Answer((*body, USAGE, DONE), headers=(("content-type", "text/event-stream"),))
        return MemoryResponse(self, self._runtime, answer)


def test_a_copy_is_paid_for_beside_what_it_is_a_copy_of() -> None:
    hedged = fairlead.route("openai/gpt-4o", CHEAP, hedge=0.001)
    transport = OneHangs()

    async def main() -> Decimal:
        async with AsyncClient(priced("https://fake.test"), transport=transport) as client:
            for _ in range(20):
                client._core._records.of("openai/gpt-4o").hedges.deposit(client._core.now())
            with fairlead.budget("hedged", usd=5):
                result = await client.run(hedged, "Oslo?", **ASKED, max_cost="0.03")
        return result.cost.usd

    cost = asyncio.run(main())
    account = Account("hedged", 0, None)
    settled, held = shared_ledger().balance(account, time.monotonic(), time.time())
    assert transport.asked == 3
    assert held == 0
    assert settled > nanos(cost)


def _budget_errors(error: BaseException) -> list[BudgetExceeded]:
    if isinstance(error, BudgetExceeded):
        return [error]
    return [e for inner in getattr(error, "exceptions", ()) for e in _budget_errors(inner)]
