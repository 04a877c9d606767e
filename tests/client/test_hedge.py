"""A second copy of a call that is slow to begin, on a real event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from tests.client.test_fallback import piece, provider, refused, said, streamed

import fairlead
from fairlead import AsyncClient, Settings
from fairlead.errors import AllTargetsFailed, FairleadError
from fairlead.testing.memory import Answer, MemoryResponse, MemoryTransport, sse
from fairlead.testing.runtime import FakeRuntime
from fairlead.types.tools import ProviderTool

SOON = fairlead.route("alpha/m", "beta/m", hedge=0.01)


class HeldTransport(MemoryTransport):
    """Holds back the answers of the providers named in `held` until they are let go."""

    def __init__(self, held: tuple[str, ...], answers: dict[str, list[Answer | FairleadError]]):
        super().__init__(FakeRuntime(), ())
        self._by_name = answers
        self.held = {name: asyncio.Event() for name in held}
        self.asked: list[str] = []
        self.both = asyncio.Event()
        self.dropped: list[str] = []

    async def send(self, request: Any, *, deadline: float, timeouts: Any) -> MemoryResponse:
        name = request.url.split("/")[2].split(".")[0]
        self.asked.append(name)
        if len(self.asked) == 2:
            self.both.set()
        answer = self._by_name[name].pop(0)
        if name in self.held:
            try:
                await self.held[name].wait()
            except asyncio.CancelledError:
                self.dropped.append(name)
                raise
        if isinstance(answer, FairleadError):
            raise answer
        self.open += 1
        return MemoryResponse(self, self._runtime, answer)


def run(
    held: tuple[str, ...],
    answers: dict[str, list[Any]],
    use: Callable[[AsyncClient, HeldTransport], Coroutine[Any, Any, Any]],
) -> tuple[Any, HeldTransport]:
    """What `use` returns, and the transport; twenty calls of the targets lie behind."""

    async def main() -> tuple[Any, HeldTransport]:
        transport = HeldTransport(held, answers)
        settings = Settings(providers={name: provider(name) for name in ("alpha", "beta")})
        async with AsyncClient(settings, transport=transport) as client:
            for name in ("alpha/m", "beta/m"):
                record = client._core._records.of(name)
                for _ in range(20):
                    record.hedges.deposit(client._core.now())
            found = await use(client, transport)
            assert [client._core._records.of(f"{name}/m").load for name in answers] == [0, 0]
        assert transport.open == 0
        return found, transport

    return asyncio.run(main())


async def ask(client: AsyncClient, _: HeldTransport, route: Any = SOON, **options: Any) -> Any:
    return await client.chat(route, "Hi", **options)


def test_a_copy_answers_for_a_target_that_is_slow_to_begin() -> None:
    answer, transport = run(("alpha",), {"alpha": [said()], "beta": [said("quick")]}, ask)

    assert answer.text == "quick"
    assert answer.warnings == ()
    assert transport.dropped == ["alpha"]
    assert answer.receipt.target == "beta/m"
    loser, winner = sorted(answer.receipt.attempts, key=lambda attempt: attempt.target)
    assert "copy was faster" in loser.error
    assert loser.possibly_billed
    assert winner.error is None
    assert not winner.possibly_billed


def test_a_stream_is_hedged_alike() -> None:
    async def use(client: AsyncClient, _: HeldTransport) -> Any:
        async with client.stream(SOON, "Hi") as stream:
            return [text async for text in stream.text], await stream.result()

    answers = {"alpha": [streamed("slow")], "beta": [streamed("qu", "ick")]}
    (texts, answer), transport = run(("alpha",), answers, use)

    assert texts == ["qu", "ick"]
    assert answer.receipt.target == "beta/m"
    assert transport.dropped == ["alpha"]


def test_the_first_may_still_win() -> None:
    async def use(client: AsyncClient, transport: HeldTransport) -> Any:
        task = asyncio.ensure_future(client.chat(SOON, "Hi"))
        await transport.both.wait()
        transport.held["alpha"].set()
        return await task

    answers = {"alpha": [said("first")], "beta": [said()]}
    answer, transport = run(("alpha", "beta"), answers, use)

    assert answer.text == "first"
    assert transport.dropped == ["beta"]
    assert answer.receipt.target == "alpha/m"


def test_a_copy_that_fails_costs_the_call_nothing() -> None:
    async def use(client: AsyncClient, transport: HeldTransport) -> Any:
        task = asyncio.ensure_future(client.chat(SOON, "Hi"))
        await transport.both.wait()
        transport.held["alpha"].set()
        return await task

    answers = {"alpha": [said("first")], "beta": [refused(500)]}
    answer, _ = run(("alpha",), answers, use)

    assert answer.text == "first"
    assert len(answer.receipt.attempts) == 2


def test_where_both_fail_for_good_each_is_heard_once() -> None:
    async def use(client: AsyncClient, transport: HeldTransport) -> Any:
        task = asyncio.ensure_future(client.chat(SOON, "Hi"))
        await transport.both.wait()
        transport.held["alpha"].set()
        with pytest.raises(AllTargetsFailed) as caught:
            await task
        return caught.value

    answers = {"alpha": [refused(401)], "beta": [refused(402)]}
    error, transport = run(("alpha",), answers, use)

    assert sorted(transport.asked) == ["alpha", "beta"]
    assert sorted(type(one).__name__ for one in error.exceptions) == [
        "AuthenticationError",
        "QuotaExceededError",
    ]


def test_what_must_not_be_done_twice_is_not() -> None:
    async def use(client: AsyncClient, transport: HeldTransport) -> Any:
        tool = ProviderTool("web_search", {})
        task = asyncio.ensure_future(client.chat(SOON, "Hi", tools=[tool], unsupported="drop"))
        await asyncio.sleep(0.05)
        transport.held["alpha"].set()
        return await task

    _, transport = run(("alpha",), {"alpha": [said()], "beta": [said()]}, use)

    assert transport.asked == ["alpha"]


def test_a_call_that_is_cancelled_closes_both_copies() -> None:
    async def use(client: AsyncClient, transport: HeldTransport) -> Any:
        task = asyncio.ensure_future(client.chat(SOON, "Hi"))
        await transport.both.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    _, transport = run(("alpha", "beta"), {"alpha": [said()], "beta": [said()]}, use)

    assert sorted(transport.dropped) == ["alpha", "beta"]


def test_no_more_copies_are_made_than_the_budget_allows() -> None:
    async def use(client: AsyncClient, transport: HeldTransport) -> Any:
        for turn in range(3):
            task = asyncio.ensure_future(client.chat(SOON, "Hi"))
            await (transport.both.wait() if turn == 0 else asyncio.sleep(0.05))
            transport.held["alpha"].set()
            await task
            transport.held["alpha"].clear()

    answers = {"alpha": [said()] * 3, "beta": [said()] * 3}
    _, transport = run(("alpha",), answers, use)

    # Twenty calls lie behind, which pay for one copy; the target of the first is always asked.
    assert transport.asked.count("beta") == 1


def test_text_that_is_void_is_not_handed_out_twice() -> None:
    route = fairlead.route("alpha/m", "beta/m", on_break="restart")

    async def use(client: AsyncClient, _: HeldTransport) -> Any:
        found: list[str] = []
        async with client.stream(route, "Hi") as stream:
            with pytest.raises(fairlead.StreamInterrupted, match="begins anew at beta/m"):
                async for text in stream.text:
                    found += [text]
            return found, await stream.result()

    answers = {"alpha": [sse(piece("one"))], "beta": [streamed("two")]}
    (found, answer), _ = run((), answers, use)

    assert found == ["one"]
    assert answer.text == "two"
