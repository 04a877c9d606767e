"""A server that keeps to its protocol, and one for each way not to."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

from msgspec import Struct
from tests.conforming.wanted import words_for
from tests.conforming.writers import Chat, Messages, Responses, line

from fairlead.testing.server import Pause, Received, Script, ScriptedServer, respond, stream

KEY = "sk-of-the-honest-one"
WRITERS: dict[str, Any] = {
    "openai_chat": Chat(),
    "openai_responses": Responses(),
    "anthropic_messages": Messages(),
}
_LONGEST = 1_000_000


class Reply(Struct):
    """What is about to be sent, to be spoilt. `pause` is in seconds."""

    status: int
    body: bytes
    kind: str = "application/json"
    request_id: str | None = None
    pause: float = 0.0

    @property
    def streamed(self) -> bool:
        return self.kind == "text/event-stream"


class Asked(Struct):
    """A request as the server sees it; `before` is the one before it."""

    received: Received
    fields: dict[str, Any]
    before: Received | None


Fault = Callable[[Asked, Reply], None]
Deafness = tuple[str, ...]


class Honest:
    """Answers in the words of `dialect`. `deaf` names fields of requests that it does not see."""

    def __init__(self, dialect: str, fault: Fault | None = None, deaf: Deafness = ()) -> None:
        self._writer = WRITERS[dialect]
        self._fault = fault
        self._deaf = deaf
        self._ids = count(1)
        self._before: Received | None = None

    def __call__(self, received: Received) -> Script:
        fields: dict[str, Any] = {}
        reply = self._models() if received.method == "GET" else self._posted(received, fields)
        reply.request_id = f"req-{next(self._ids)}"
        if self._fault is not None and received.method != "GET":
            self._fault(Asked(received, fields, self._before), reply)
        self._before = received
        return _script(reply)

    def _models(self) -> Reply:
        return Reply(200, b'{"object":"list","data":[{"id":"m1","object":"model"}]}')

    def _posted(self, received: Received, fields: dict[str, Any]) -> Reply:
        given = received.header(self._writer.key_header) or ""
        if given.removeprefix("Bearer ") != KEY:
            return self._refusal(401, "authentication_error")
        try:
            fields |= json.loads(received.body)
        except ValueError:
            return self._refusal(400, "invalid_request_error")
        wanted = self._writer.read({k: v for k, v in fields.items() if k not in self._deaf})
        if not isinstance(wanted.limit, int) or len(received.body) > _LONGEST:
            return self._refusal(400, "invalid_request_error")
        if wanted.model != "m1":
            return self._refusal(404, "not_found_error")
        words = words_for(wanted)
        if wanted.stream:
            body = b"".join(self._writer.stream(words, wanted))
            return Reply(200, body, "text/event-stream")
        return Reply(200, self._writer.whole(words, wanted))

    def _refusal(self, status: int, kind: str) -> Reply:
        return Reply(status, line(self._writer.error(f"no, with {status}", kind)))


def _script(reply: Reply) -> Script:
    headers = [("Content-Type", reply.kind)]
    if reply.request_id is not None:
        headers.append(("X-Request-Id", reply.request_id))
    steps: list[Any] = [Pause(reply.pause)] if reply.pause else []
    if reply.streamed:
        return [*steps, *stream([reply.body], headers=headers)]
    return [*steps, *respond(reply.status, headers, reply.body)]


@contextmanager
def serving(dialect: str, fault: Fault | None = None, deaf: Deafness = ()) -> Iterator[str]:
    """The base address of such a server."""
    with ScriptedServer(Honest(dialect, fault, deaf)) as server:
        yield server.url + WRITERS[dialect].base
