"""Chat calls over a transport whose answers the test feeds byte by byte, in both colours."""

from __future__ import annotations

import asyncio
import queue
from collections.abc import Callable
from typing import Any

from tests.client.wire import DONE, USAGE, chunk

from fairlead.auth.api_key import BEARER, Credential
from fairlead.auth.origin import origin_of
from fairlead.auth.secret import Secret
from fairlead.auth.sources import ValueSource
from fairlead.dialects.registry import dialect_named
from fairlead.engine.answers import Answers
from fairlead.engine.call import Call
from fairlead.engine.codecs import ChatCodec
from fairlead.engine.guards import Guards
from fairlead.engine.layers.retry import RetryBudgets
from fairlead.engine.runtime import AsyncRuntime
from fairlead.engine.stack import build
from fairlead.engine.watching import Watching
from fairlead.errors import FairleadError, ReadTimeout
from fairlead.policies.cache import CachePolicy, Caching
from fairlead.policies.retry import RetryPolicy
from fairlead.ports import Limits, Timeouts
from fairlead.types.http import ConnectionFacts, Headers, HttpRequest
from fairlead.types.messages import Message
from fairlead.types.requests import ChatRequest
from fairlead.types.targets import Target

URL = "https://fake.example/v1/chat/completions"
TARGET = Target("fake", "m", "chat", "openai_chat", URL)
END = b""
HELLO = (chunk({"role": "assistant", "content": "Hel"}), chunk({"content": "lo"}))
REST = (chunk({}, "stop") + USAGE + DONE, END)


def key(value: str = "k-1") -> Credential:
    return Credential(origin_of(URL), ((ValueSource("KEY", Secret(value)), BEARER),))


class FedResponse:
    """Satisfies `ports.HttpResponse`; what is put into `chunks` comes, in its turn."""

    status = 200
    headers = Headers((("content-type", "text/event-stream"),))

    def __init__(self, transport: Any) -> None:
        self._transport = transport
        self.chunks = transport.new_queue()
        self.facts = ConnectionFacts("1.1")
        self.closed = False

    def feed(self, *items: bytes | FairleadError) -> None:
        for item in items:
            self.chunks.put_nowait(item)

    async def read(self, deadline: float) -> bytes:
        item = await self._transport.next(self.chunks, deadline)
        if isinstance(item, Exception):
            raise item
        return item

    async def aclose(self) -> None:
        self.closed = True


class FedTransport:
    """Satisfies `ports.Transport`, on a loop; `began` holds a response for each request."""

    def __init__(self) -> None:
        self.requests: list[HttpRequest] = []
        self.began: list[FedResponse] = []
        self.fed: tuple[bytes | FairleadError, ...] = ()
        self.asked = asyncio.Event()

    async def send(
        self, request: HttpRequest, *, deadline: float, timeouts: Timeouts
    ) -> FedResponse:
        self.requests.append(request)
        response = FedResponse(self)
        response.feed(*self.fed)
        self.began.append(response)
        self.asked.set()
        return response

    def new_queue(self) -> Any:
        return asyncio.Queue()

    async def next(self, chunks: Any, deadline: float) -> Any:
        from time import monotonic

        try:
            async with asyncio.timeout(max(0.0, deadline - monotonic())):
                return await chunks.get()
        except TimeoutError:
            raise ReadTimeout("nothing came") from None

    async def aclose(self) -> None:
        pass


class BlockingFedTransport(FedTransport):
    """The same for threads."""

    def new_queue(self) -> Any:
        return queue.Queue()

    async def next(self, chunks: Any, deadline: float) -> Any:
        from time import monotonic

        try:
            return chunks.get(timeout=max(0.0, deadline - monotonic()))
        except queue.Empty:
            raise ReadTimeout("nothing came") from None


class Line:
    """A stack with a cache over `transport`."""

    def __init__(
        self,
        transport: Any,
        runtime: Any,
        *,
        observers: Any = (),
        guards: Guards = Guards(),  # noqa: B008  # frozen
        **policy: Any,
    ) -> None:
        self.transport = transport
        self.runtime = runtime
        self.answers = Answers(CachePolicy(**policy), runtime)
        self.ask = build(
            transport=transport,
            runtime=runtime,
            retries=RetryPolicy(max_retries=0),
            budgets=RetryBudgets(ratio=0.2, floor=10),
            watching=Watching(observers),
            random=lambda: 0.5,
            guards=guards,
            answers=self.answers,
        )

    def call(
        self,
        text: str = "Hi",
        *,
        stream: bool = True,
        allowed: float = 600.0,
        credential: Any = None,
        target: Target = TARGET,
        headers: tuple[tuple[str, str], ...] = (),
        **changes: Any,
    ) -> Call[Any, Any]:
        wish = {name: changes.pop(name) for name in ("refresh", "ttl") if name in changes}
        request = ChatRequest("fake/m", (Message.user(text),), **changes)
        codec = ChatCodec(
            dialect_named(target.dialect),
            request,
            target,
            stream=stream,
            unsupported="drop",
            limits=Limits(),
            extra_headers=headers,
        )
        credential = credential or key()
        call = Call(
            operation="chat",
            target=target.label,
            codec=codec,
            credential=credential,
            stream=stream,
            timeouts=Timeouts(),
            limits=Limits(),
            started=self.runtime.now(),
            allowed=allowed,
            whole_timeout=60.0,
        )
        call.caching = Caching(wish.pop("ttl", 60.0), ((target, credential),), **wish)
        return call


async def events_of(reply: Any) -> list[Any]:
    """All that is left, in order."""
    return [event async for batch in reply for event in batch]


async def heard(line: Line, **asked: Any) -> tuple[list[Any], Any]:
    """The events of one streamed call, and its answer."""
    reply = await line.ask(line.call(**asked))
    return await events_of(reply), reply.result()


async def settled() -> None:
    """Let everything run that can."""
    for _ in range(20):
        await asyncio.sleep(0)


def on_a_loop(test: Callable[[Line, FedTransport], Any], **how: Any) -> Any:
    async def run() -> Any:
        transport = FedTransport()
        line = Line(transport, AsyncRuntime(), **how)
        found = await test(line, transport)
        await settled()
        assert all(response.closed for response in transport.began)
        assert line.runtime._started == set()
        return found

    return asyncio.run(run())
