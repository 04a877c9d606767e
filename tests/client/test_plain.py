"""Plain calls to agent servers: the same engine without a dialect."""

from __future__ import annotations

import json

import pytest
from tests.client.conftest import KEY
from tests.client.wire import JSON

from fairlead import ServerEvent
from fairlead.errors import ConfigError, InvalidRequest, NotFoundError, StreamInterrupted
from fairlead.settings import Settings
from fairlead.testing.server import Close, ScriptedServer, respond, stream


def test_json_goes_out_and_json_comes_back(opened) -> None:
    with ScriptedServer(respond(200, JSON, b'{"output":"hi"}')) as server:
        answer = opened.at(server.url).post(f"{server.url}/run", {"prompt": "Hi"})

    (request,) = server.requests
    assert answer.data == {"output": "hi"}
    assert (answer.status, answer.receipt.operation) == (200, "post")
    assert (request.method, request.path) == ("POST", "/run")
    assert json.loads(request.body) == {"prompt": "Hi"}


def test_no_key_of_a_provider_goes_to_an_agent(opened) -> None:
    with ScriptedServer(respond(200, JSON, b"{}")) as server:
        opened.at(server.url).post(f"{server.url}/run", {}, headers={"authorization": "Bearer own"})

    assert server.requests[0].header("authorization") == "Bearer own"
    assert KEY not in str(server.requests)


def test_events_are_read_as_they_come(opened) -> None:
    chunks = [b'event: step\ndata: {"n":1}\n\n', b": ping\n\ndata: two\n\n"]
    with ScriptedServer(list(stream(chunks))) as server:
        events, answer = opened.at(server.url).post_stream(f"{server.url}/stream", {})

    assert events == [ServerEvent('{"n":1}', "step"), ServerEvent("two")]
    assert events[0].json() == {"n": 1}
    assert answer.receipt.attempts[0].status == 200


def test_a_broken_stream_is_not_taken_for_an_end(opened) -> None:
    cut = [*list(stream([b"data: one\n\n"]))[:-1], Close()]
    with ScriptedServer(cut) as server, pytest.raises(StreamInterrupted):
        opened.at(server.url).post_stream(f"{server.url}/stream", {})


def test_a_refusal_is_typed(opened) -> None:
    with ScriptedServer(respond(404, JSON, b'{"detail":"no such agent"}')) as server:
        with pytest.raises(NotFoundError, match="no such agent"):
            opened.at(server.url).post(f"{server.url}/run", {})


@pytest.mark.parametrize("url", ["ftp://x/y", "localhost/run", "http://example.com/run"])
def test_an_address_that_cannot_be_used_is_refused(opened, url) -> None:
    with pytest.raises((ConfigError, InvalidRequest)):
        opened(Settings()).post(url, {})


def test_a_body_that_is_no_json_is_refused(opened) -> None:
    with pytest.raises(InvalidRequest, match="JSON"):
        opened(Settings()).post("http://127.0.0.1:9/run", {"x": object()})
