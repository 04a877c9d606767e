"""One question through the public clients, whole and streamed, in both colours."""

from __future__ import annotations

import asyncio
from typing import Any

from msgspec.structs import replace
from tests.conformance.agreement import disagreements

from fairlead import AsyncClient, Client, Settings
from fairlead.types.events import Event, ResponseStart
from fairlead.types.responses import ChatResponse


def whole(settings: Settings, model: str, messages: Any, **options: Any) -> ChatResponse:
    with Client(settings) as client:
        return client.chat(model, messages, **options)


def streamed(
    settings: Settings, model: str, messages: Any, **options: Any
) -> tuple[list[Event], ChatResponse]:
    """The events, and the answer that they tell the same story as."""
    with Client(settings) as client, client.stream(model, messages, **options) as stream:
        events = list(stream)
        answer = stream.result()
    # llama.cpp names the model of a stream of Responses only at its end.
    unnamed = isinstance(events[0], ResponseStart) and not events[0].model
    told = replace(answer, model="") if unnamed else answer
    assert list(disagreements(events, told)) == []
    return events, answer


def streamed_async(settings: Settings, model: str, messages: Any, **options: Any) -> ChatResponse:
    async def ask() -> ChatResponse:
        async with AsyncClient(settings) as client:
            async with client.stream(model, messages, **options) as stream:
                async for _ in stream:
                    pass
                return await stream.result()

    return asyncio.run(ask())
