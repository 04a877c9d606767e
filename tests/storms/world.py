"""The providers of a storm, behind one transport: they answer, fail, stall and cut by the dice."""

from __future__ import annotations

import json
from asyncio import CancelledError
from collections import deque
from collections.abc import Sequence
from contextvars import ContextVar
from random import Random
from typing import Any

from tests.engine.granting import TOKEN_URL
from tests.storms.clock import START, StormLoop, until
from tests.storms.plans import Climate, Plan
from tests.storms.trace import Sent, Trace

from fairlead.errors import (
    ConnectError,
    ConnectTimeout,
    FairleadError,
    PoolTimeout,
    ProtocolError,
    ReadTimeout,
)
from fairlead.ports import Timeouts
from fairlead.types.http import ConnectionFacts, Headers, HttpRequest

TOKENS_IN, TOKENS_OUT = 40, 10
WITHOUT_ANSWER = ("refused", "unreachable", "busy", "reset", "silent")
STATUSES = {"400": 400, "401": 401, "402": 402, "404": 404, "408": 408, "429": 429, "500": 500}
STATUSES |= {"502": 502, "503": 503, "529": 529, "hinted": 429, "rests": 503, "filtered": 400}
INSIDE = ("error", "html", "garbage", "empty", "withheld")
MIDDLE = ("cut", "ended", "stalled", "pings", "broken")
FAULTS = (*WITHOUT_ANSWER, *STATUSES, *INSIDE, *MIDDLE, "slow")
HINTS = (0.0, 0.3, 1.0, 2.5, 7.0, 20.0, 90.0, 300.0)
_USAGE = {"prompt_tokens": TOKENS_IN, "completion_tokens": TOKENS_OUT}
_HEAD = {"id": "c1", "model": "m"}

VISIT: ContextVar[int] = ContextVar("visit")
"""Whose call it is that sends: a call's tasks know, whatever they send for it."""

Script = Sequence[tuple[float, bytes | FairleadError]]
"""Pieces of a body, each with the instant from which it can be read; it ends behind the last."""


class StormTransport:
    """Satisfies `ports.Transport`; a target is the host of the request's address."""

    def __init__(self, plan: Plan, loop: StormLoop, trace: Trace, dice: Random) -> None:
        self._loop = loop
        self._trace = trace
        self._dice = dice
        self._climates = dict(zip(plan.names, plan.climates, strict=True))
        self._visits = plan.visits
        self._login = plan.login
        self._sign_in_fails = plan.sign_in_fails
        self._issued: dict[str, list[tuple[str, float]]] = {name: [] for name in plan.names}
        self.open = 0

    async def send(self, request: HttpRequest, *, deadline: float, timeouts: Timeouts) -> Any:
        if request.url.startswith(TOKEN_URL):
            return await self._token(request.url.rpartition("/")[2], deadline)
        target, now = request.url.split("/")[2], self._loop.time()
        climate = self._climates[target]
        headers = dict(request.headers)
        busy = self._trace.under_way.get(target, 0)
        fault = self._fault(climate, now - START, busy)
        if self._login and not self._knows(target, headers.get("authorization"), climate):
            fault = "401"
        number = VISIT.get()
        asks = self._visits[number].asks
        text = f"{target} says {len(self._trace.sent)} to {asks}"
        sent = Sent(now, target, number, asks, deadline, fault, text)
        self._trace.sent.append(sent)
        self._trace.by_visit.setdefault(sent.visit, []).append(sent)
        self._trace.under_way[target] = busy + 1
        try:
            return await self._answer(request, sent, climate, deadline, timeouts)
        except (FairleadError, CancelledError):
            self._trace.under_way[target] -= 1
            sent.closed = self._loop.time()
            raise

    async def aclose(self) -> None:
        pass

    def _fault(self, climate: Climate, when: float, busy: int) -> str | None:
        if climate.capacity is not None and busy >= climate.capacity:
            return "429"
        for spell in climate.spells:
            if spell.covers(when) and self._dice.random() < spell.share:
                return self._dice.choice(spell.faults)
        return None

    async def _answer(
        self,
        request: HttpRequest,
        sent: Sent,
        climate: Climate,
        deadline: float,
        timeouts: Timeouts,
    ) -> Any:
        dice, now, fault = self._dice, sent.at, sent.fault
        takes = dice.uniform(climate.quickest, climate.slowest)
        if fault in ("429", "529", "503", "hinted", "rests"):
            takes /= 10  # refusals come at once
        if fault == "slow":
            takes *= 40
        if fault == "unreachable":
            takes = timeouts.connect
        if fault == "busy":
            takes = timeouts.pool
        if fault == "silent" or now + takes > deadline:
            await until(deadline)
            raise ReadTimeout("nothing came", phase="first_event")
        await until(now + takes)
        sent.unsent = fault in ("refused", "unreachable", "busy")
        if fault == "refused":
            raise ConnectError("refused")
        if fault == "unreachable":
            raise ConnectTimeout("no way there")
        if fault == "busy":
            raise PoolTimeout("no place")
        if fault == "reset":
            raise ProtocolError("reset", sent=True)
        sent.answered = self._loop.time()
        sent.status = STATUSES.get(fault or "", 200)
        stream = b'"stream":true' in bytes(request.body or b"")
        headers, script = self._content(sent, climate, stream)
        self.open += 1
        return _Response(self, sent, headers, script)

    def _content(self, sent: Sent, climate: Climate, stream: bool) -> tuple[dict[str, str], Script]:
        now, fault = self._loop.time(), sent.fault
        headers = {"content-type": "application/json"}
        if sent.status != 200:
            sent.hint = self._hint(fault, climate)
            if sent.hint is not None:
                headers["retry-after"] = f"{sent.hint:g}"
            code = {"filtered": "content_filter", "402": "insufficient_quota"}.get(fault or "")
            return headers, [(now, _error("no", code))]
        if fault == "html":
            return {"content-type": "text/html"}, [(now, b"<html>sign in</html>")]
        if fault == "error":
            return headers, [(now, _error("overloaded", "server_error"))]
        if stream:
            headers["content-type"] = "text/event-stream"
            return headers, self._streamed(sent, climate)
        return headers, self._whole(sent, climate)

    def _hint(self, fault: str | None, climate: Climate) -> float | None:
        if fault in ("hinted", "rests"):
            return self._dice.choice(HINTS)
        return climate.hint if fault in ("429", "503", "529") else None

    def _whole(self, sent: Sent, climate: Climate) -> Script:
        ready = self._loop.time() + self._dice.random() * climate.pause * 5
        body = _whole(sent.text)
        if sent.fault in ("empty", "withheld"):
            body = _whole("", "content_filter" if sent.fault == "withheld" else "stop")
        if sent.fault in ("garbage", "ended"):
            return [(ready, body[: len(body) // 2])]
        if sent.fault in ("cut", "broken"):
            return [(ready, body[:20]), (ready, ProtocolError("the body broke off", sent=True))]
        if sent.fault in ("stalled", "pings"):
            return [(ready, body[:20]), (float("inf"), b"")]
        return [(ready, body)]

    def _streamed(self, sent: Sent, climate: Climate) -> Script:
        ready, script = self._loop.time(), []
        words = [] if sent.fault in ("empty", "withheld") else sent.text.split(" ")
        for number, word in enumerate(words):
            script.append((ready, _event(_chunk(f" {word}" if number else word))))
            ready += self._dice.random() * 2 * climate.pause
        reason = "content_filter" if sent.fault == "withheld" else "stop"
        script.append((ready, _event(_chunk(None, reason) | {"usage": _USAGE})))
        script.append((ready, b"data: [DONE]\n\n"))
        if sent.fault in (*MIDDLE, "garbage"):
            del script[self._dice.randrange(len(script) - 1) :]
            script += self._break(sent.fault, ready)
        return script

    def _break(self, fault: str | None, ready: float) -> Script:
        if fault == "cut":
            return [(ready, ProtocolError("the stream broke off", sent=True))]
        if fault == "stalled":
            return [(float("inf"), b"")]
        if fault == "pings":
            return [(ready + 10 * n, b": ping\n\n") for n in range(1000)]
        if fault == "broken":
            return [(ready, _event({"error": {"message": "oh", "code": "server_error"}}))]
        return [(ready, b"data: {nonsense\n\n")] if fault == "garbage" else []

    # -- tokens ----------------------------------------------------------------------------------

    async def _token(self, target: str, deadline: float) -> Any:
        began, fails = self._loop.time(), self._dice.random() < self._sign_in_fails
        sent = Sent(began, "sign-in", -1, 0, deadline, None, "")
        try:
            await until(min(deadline, began + 0.3))
        finally:
            self._trace.tokens.append((target, began, self._loop.time()))
        if began + 0.3 > deadline:
            raise ReadTimeout("nothing came", phase="first_event")
        token = f"token {len(self._trace.tokens)}"
        if not fails:
            self._issued[target].append((token, self._loop.time()))
        body = json.dumps({"access_token": token, "expires_in": 3600, "token_type": "Bearer"})
        sent.status = 503 if fails else 200
        self.open += 1
        script = [(self._loop.time(), body.encode())]
        return _Response(self, sent, {"content-type": "application/json"}, script)

    def _knows(self, target: str, said: str | None, climate: Climate) -> bool:
        """Whether the token is good: one that was issued before the last end of all is not."""
        ended = max((t for t in climate.ends_tokens if START + t <= self._loop.time()), default=0)
        good = [token for token, at in self._issued[target] if at >= START + ended]
        return said is not None and said.removeprefix("Bearer ") in good

    def closed(self, sent: Sent) -> None:
        """The answer to `sent` is over, for us."""
        self.open -= 1
        sent.closed = self._loop.time()
        if sent.visit >= 0:
            self._trace.under_way[sent.target] -= 1

    def now(self) -> float:
        return self._loop.time()


class _Response:
    """Satisfies `ports.HttpResponse`."""

    def __init__(
        self, transport: StormTransport, sent: Sent, headers: dict[str, str], script: Script
    ) -> None:
        self._transport = transport
        self._sent: Sent | None = sent
        self._script = deque(script)
        self.status = sent.status or 200
        self.headers = Headers(tuple(headers.items()))
        self.facts = ConnectionFacts("1.1", connect=0.0, first_byte=0.0)

    async def read(self, deadline: float) -> bytes:
        if not self._script:
            return b""
        ready, piece = self._script[0]
        if ready > self._transport.now():
            if ready > deadline:
                await until(deadline)
                raise ReadTimeout("silent")
            await until(ready)
        self._script.popleft()
        if isinstance(piece, FairleadError):
            raise piece
        return piece

    async def aclose(self) -> None:
        sent, self._sent = self._sent, None
        if sent is not None:
            self._transport.closed(sent)


def _whole(text: str, reason: str = "stop") -> bytes:
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": reason}
    return json.dumps(_HEAD | {"choices": [choice], "usage": _USAGE}).encode()


def _chunk(text: str | None, reason: str | None = None) -> dict[str, Any]:
    delta = {} if text is None else {"content": text}
    return _HEAD | {"choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}


def _event(value: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def _error(message: str, code: str | None) -> bytes:
    return json.dumps({"error": {"message": message, "code": code, "type": code}}).encode()
