"""Real agents of pydantic-ai behind real HTTP: one server on loopback for all tests of this folder.

Each path is an agent: `/weather` has a tool of its own, `/broken` a tool that fails, `/thinker`
thinks first, `/sharer` tells of shared state, `/cautious` asks before it acts.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

pytest.importorskip("pydantic_ai.ui.ag_ui", reason="pydantic-ai-slim[ag-ui,openai] is missing")
pytest.importorskip("uvicorn", reason="uvicorn is missing")

import uvicorn
from ag_ui.core import EventType, StateDeltaEvent, StateSnapshotEvent
from pydantic import BaseModel
from pydantic_ai import Agent, ToolReturn
from pydantic_ai.messages import ModelMessage
from pydantic_ai.models import Model
from pydantic_ai.models.function import AgentInfo, DeltaThinkingPart, FunctionModel
from pydantic_ai.models.test import TestModel
from pydantic_ai.ui import StateDeps
from pydantic_ai.ui.ag_ui import AGUIAdapter
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

ANSWER = "Sunny, and warm."


def weather(model: Model | None = None) -> Agent[None, str]:
    agent = Agent(model or TestModel(custom_output_text=ANSWER))

    @agent.tool_plain
    def weather_in(city: str) -> dict[str, str]:
        """The weather of a city."""
        return {"city": city, "sky": "clear ☀"}

    return agent


def broken() -> Agent[None, str]:
    agent = Agent(TestModel())

    @agent.tool_plain
    def fail() -> str:
        raise RuntimeError("the tool broke")

    return agent


async def _thoughts(
    messages: list[ModelMessage], info: AgentInfo
) -> AsyncIterator[str | dict[int, DeltaThinkingPart]]:
    for piece in ("Let me ", "think."):
        yield {0: DeltaThinkingPart(content=piece)}
    yield {0: DeltaThinkingPart(signature="sealed")}
    for piece in ("Forty", "-two."):
        yield piece


def thinker() -> Agent[None, str]:
    return Agent(FunctionModel(stream_function=_thoughts))


class Progress(BaseModel):
    """State that the agent and its frontend share."""

    steps: list[str] = []
    done: bool = False


def sharer() -> Agent[StateDeps[Progress], str]:
    agent = Agent(TestModel(custom_output_text="Done."), deps_type=StateDeps[Progress])

    @agent.tool_plain
    def update() -> ToolReturn:
        snapshot = {"steps": ["one"], "done": False}
        change = [
            {"op": "add", "path": "/steps/-", "value": "two"},
            {"op": "replace", "path": "/done", "value": True},
        ]
        return ToolReturn(
            "updated",
            metadata=[
                StateSnapshotEvent(type=EventType.STATE_SNAPSHOT, snapshot=snapshot),
                StateDeltaEvent(type=EventType.STATE_DELTA, delta=change),
            ],
        )

    return agent


def cautious() -> Agent[None, str]:
    from pydantic_ai.tools import DeferredToolRequests

    agent = Agent(TestModel(custom_output_text="Deleted."), output_type=[str, DeferredToolRequests])

    @agent.tool_plain(requires_approval=True)
    def delete(name: str) -> str:
        """Delete a file."""
        return f"{name} is gone"

    return agent


def speaker(base_url: str, key: str) -> Agent[None, str]:
    """An agent of a real model behind an OpenAI-compatible server; it keeps no connection."""
    import httpx2
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    http = httpx2.AsyncClient(limits=httpx2.Limits(max_keepalive_connections=0))
    provider = OpenAIProvider(base_url=base_url, api_key=key, http_client=http)
    return Agent(OpenAIChatModel("smollm2", provider=provider, settings={"max_tokens": 24}))


def application(**more: Any) -> Starlette:
    """`seen` of the application's state lists the bodies that came, by path."""
    agents: dict[str, Any] = {
        "weather": weather(),
        "broken": broken(),
        "thinker": thinker(),
        "sharer": sharer(),
        "cautious": cautious(),
        **more,
    }

    async def run(request: Request) -> Response:
        application.state.seen.append(await request.body())
        agent = agents[request.path_params["name"]]
        deps = StateDeps(Progress()) if request.path_params["name"] == "sharer" else None
        return await AGUIAdapter.dispatch_request(
            request, agent=agent, deps=deps, include_usage=True
        )

    application = Starlette(routes=[Route("/{name}", run, methods=["POST"])])
    application.state.seen = []
    return application


@contextmanager
def serving(application: Starlette) -> Iterator[str]:
    """The address of a server that runs in a thread of its own."""
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    config = uvicorn.Config(
        application,
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        timeout_graceful_shutdown=5,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.005)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()
