"""Every fault that a script can show, through all layers: both colours see the same, and nothing
is left of it. What the outcome must be is said row by row in `tests/client`."""

from __future__ import annotations

import gzip
import json
from typing import Any, NamedTuple

import pytest
from tests.client.conftest import Asynchronous, Blocking
from tests.client.wire import DONE, JSON, USAGE, begun, chunk, data, pieces, streamed, whole
from tests.faults.aftermath import (
    CANARY,
    MODEL,
    Ends,
    check,
    layered,
    logged,
    outcome,
    resources,
    settled,
)
from tests.timing import TRIES

from fairlead.ports import Timeouts
from fairlead.settings import RetrySettings
from fairlead.stores.memory import shared_ledger
from fairlead.testing.proxy import FaultProxy
from fairlead.testing.server import Close, Pause, Repeat, Reset, ScriptedServer, respond, stream
from fairlead.testing.toxics import Down, HalfOpen, LimitData, ResetPeer, Slicer, Toxic

HELLO = chunk({"content": "Hello"})
SHORT = Timeouts(connect=5, pool=5, first_event=0.2, idle=0.2, progress=0.4, total=0.4)
ONCE_MORE = RetrySettings(max_retries=1)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


class Fault(NamedTuple):
    answers: Any
    changes: dict[str, Any] = {}  # noqa: RUF012  # never changed
    toxics: tuple[Toxic, ...] = ()


def status(code: int, body: Any, *headers: tuple[str, str]) -> Fault:
    answer = respond(code, (*JSON, *headers), json.dumps({"error": body}).encode())
    return Fault([answer], {"retry": ONCE_MORE} if headers else {})


def told(*frames: bytes) -> Fault:
    return Fault([list(stream(frames))])


def usage(**figures: Any) -> bytes:
    return data({"id": "c1", "model": "m-1", "choices": [], "usage": figures})


SOON = ("Retry-After", "0.01")
CALL = {"index": 0, "id": "c", "function": {"name": "add", "arguments": '{"a": '}}
OVERLOADED = data({"error": {"message": "overloaded", "type": "overloaded_error"}})

FAULTS = {
    "nothing wrong": Fault([whole()]),
    "C1 refused": Fault([whole()], toxics=(Down(),)),
    "C3 reset": Fault([[Reset()]]),
    "C11 lost": Fault([[Close()], whole()], {"retry": ONCE_MORE}),
    "C12 reset amid the request": Fault([whole()], toxics=(ResetPeer(100, toward="server"),)),
    "C15 single bytes": Fault([streamed("é", "🙂")], toxics=(Slicer(1),)),
    "C16 half open": Fault([whole()], {"timeouts": SHORT}, (HalfOpen(),)),
    "C16 half open later": Fault([[begun(HELLO), Pause(9)]], {"timeouts": SHORT}, (HalfOpen(300),)),
    "H1 garbage": Fault([[b"\x00\x01 what\r\n\r\n", Close()]]),
    "H1 flood": Fault([[Repeat(b"HTTP/1.1 100 Continue\r\n\r\n" * 64)]]),
    "H2 short": Fault([[HEAD + b"Content-Length: 500\r\n\r\n{}", Close()]]),
    "H3 no last chunk": Fault([[begun(*pieces("Hello")), Close()]]),
    "H4 cut": Fault([[begun(HELLO), Close()]]),
    "H5 page": Fault([respond(200, (("Content-Type", "text/html"),), b"<html>Sign in</html>")]),
    "H6 empty": Fault([whole("")]),
    "H6 no body": Fault([respond(200, JSON, b"")]),
    "H7 error in 200": status(200, {"message": "no", "type": "insufficient_quota"}),
    "H8 odd text": Fault([respond(200, JSON, b'{"choices":[{"message":{"content":"\xff"}}]}')]),
    "H9 deep": Fault([respond(200, JSON, b"[" * 100_000)]),
    "H10 figures": Fault([whole(usage={"prompt_tokens": -5, "completion_tokens": 1e300})]),
    "H11 bomb": Fault(
        [respond(200, (*JSON, ("Content-Encoding", "gzip")), gzip.compress(bytes(9 << 20)))]
    ),
    "H12 redirect": Fault([respond(307, (("Location", "http://127.0.0.1:9/x"),))]),
    "H13 endless error": Fault(
        [[b"HTTP/1.1 500 No\r\nContent-Length: 104857600\r\n\r\n", Repeat(b"x" * 65536, 99)]]
    ),
    "H14 two lengths": Fault([[HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello"]]),
    "H15 unknown": Fault([whole(novel={"a": [1]}, service_tier=None)]),
    "S1 silence": Fault([[begun(), Pause(9)]], {"timeouts": SHORT}),
    "S2 silence later": Fault([[begun(HELLO), Pause(9)]], {"timeouts": SHORT}),
    "S3 pings": Fault(
        [[begun(HELLO), *[b"8\r\n: ping\n\n\r\n", Pause(0.1)] * 20]], {"timeouts": SHORT}
    ),
    "S4 empty stream": Fault([list(stream([])), streamed("Hello")], {"retry": ONCE_MORE}),
    "S5 no terminal event": told(HELLO),
    "S6 half a tool call": told(chunk({"tool_calls": [CALL]})),
    "S7 error first": told(OVERLOADED),
    "S8 error later": told(HELLO, OVERLOADED),
    "S9 no finish": told(HELLO, DONE),
    "S9 no done": told(HELLO, chunk({}, "stop"), USAGE),
    "S10 more behind the end": told(*pieces("Hello"), HELLO, DONE),
    "S11 endless line": Fault(
        [[begun(HELLO), b"20000\r\ndata: " + b"x" * 131066 + b"\r\n", Close()]]
    ),
    "S11 endless events": Fault(
        [[begun(HELLO), Repeat(b"%x\r\n%b\r\n" % (len(HELLO), HELLO), 20_000)]]
    ),
    "S18 cut": Fault([streamed("Hello")], toxics=(LimitData(320),)),
    "P1 told when": status(429, {"message": "slow"}, SOON),
    "P2 told nonsense": status(429, {"message": "slow"}, ("Retry-After", "3600")),
    "P3 quota": status(429, {"message": "no", "code": "insufficient_quota"}, SOON),
    "P12 no usage": told(HELLO, chunk({}, "stop"), DONE),
    "P12 shrinking usage": told(
        usage(prompt_tokens=9, completion_tokens=40), HELLO, chunk({}, "stop"), USAGE, DONE
    ),
    "401": status(401, {"message": f"wrong key {CANARY}"}),
    "500": status(500, {"message": "down"}),
    "529": status(529, {"message": "busy"}, SOON),
}


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    """What the first use of each colour opens for good is no leak."""
    for kind in (Blocking, Asynchronous):
        _meet(kind, FAULTS["nothing wrong"], streams=False)


def _meet(kind: type[Blocking | Asynchronous], fault: Fault, *, streams: bool) -> Any:
    """One call under `fault`, looked over when it is done. What the caller saw comes back."""
    shared_ledger.cache_clear()
    ends = Ends()
    with logged() as log, ScriptedServer(*fault.answers) as server:
        with FaultProxy(server.url, *fault.toxics) as proxy:
            url = proxy.url if fault.toxics else server.url
            client = kind(layered(url, **fault.changes), observers=[ends])
            try:
                seen, said = outcome(lambda: _ask(client, streams))
                check(client, ends, said + log.getvalue())
            finally:
                client.close()
    assert CANARY in str([request.headers for request in server.requests] or CANARY)
    return seen


def _ask(client: Blocking | Asynchronous, streams: bool) -> Any:
    if streams:
        return client.stream(MODEL, "Hi", max_tokens=50)[1]
    return client.chat(MODEL, "Hi", max_tokens=50)


@pytest.mark.invariant("I1")
@pytest.mark.invariant("I8")
@pytest.mark.invariant("I11")
@pytest.mark.invariant("I23")
@pytest.mark.parametrize("streams", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("name", FAULTS)
def test_both_colours_see_the_same_and_nothing_is_left(name: str, streams: bool) -> None:
    before = resources()

    # Which of two timeouts ends a call is a matter of the machine, too, which may stand still.
    for _ in range(TRIES if "timeouts" in FAULTS[name].changes else 1):
        blocking = _meet(Blocking, FAULTS[name], streams=streams)
        asynchronous = _meet(Asynchronous, FAULTS[name], streams=streams)
        if blocking == asynchronous:
            break

    assert blocking == asynchronous
    assert settled(before)
