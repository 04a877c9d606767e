"""A client behind a real server of HTTP/1.1, 2 and 3: what it speaks, and where answers break."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.client.conftest import KEY, settings_for
from tests.client.wire import chunk, streamed, whole
from tests.transports.caddy import Caddy
from tests.transports.racing import races

from fairlead.auth.secret import Secret
from fairlead.errors import ConfigError, InvalidRequest, LocalModelError, StreamInterrupted
from fairlead.local.server import shared_server
from fairlead.settings import ProviderSettings, Settings
from fairlead.testing.memory import Answer, MemoryTransport
from fairlead.testing.runtime import FakeRuntime
from fairlead.testing.server import Close, ScriptedServer, stream
from fairlead.types.http import HttpSettings

pytestmark = pytest.mark.asks("settings")
VERSIONS = {"http1": "1.1", "http2": "2", "http3": "3"}
HELLO = chunk({"content": "Hello"})
CUT = [*list(stream([HELLO]))[:-1], Close()]
"""A first event, and then the upstream is gone without the end of its body."""


@pytest.fixture
def telling() -> Iterator[ScriptedServer]:
    def answer(request: Any) -> Any:
        asked = json.loads(request.body) if request.body else {}
        return streamed("Hello ", "there") if asked.get("stream") else whole()

    with ScriptedServer(answer) as server:
        yield server


def http_for(caddy: Caddy, version: str) -> HttpSettings:
    return HttpSettings(http_version=version, ca_file=caddy.ca_file)


@pytest.mark.parametrize("wanted", VERSIONS)
@races
def test_the_receipt_says_which_version_was_spoken(opened, telling, tmp_path, wanted) -> None:
    with Caddy(tmp_path, telling.url) as caddy:
        client = opened.at(caddy.url, http=http_for(caddy, wanted))
        one = client.chat("fake/m", "Hi")
        _, two = client.stream("fake/m", "Hi")

    assert one.text == two.text == "Hello there"
    for answer in (one, two):
        (attempt,) = answer.receipt.attempts
        assert attempt.http_version == VERSIONS[wanted]


@races
def test_a_provider_that_announces_http3_is_asked_over_it_from_the_second_call_on(
    opened, telling, tmp_path
) -> None:
    with Caddy(tmp_path, telling.url) as caddy:
        client = opened.at(caddy.url, http=http_for(caddy, "auto"))
        answers = [client.chat("fake/m", "Hi") for _ in range(3)]
        client.client.reload(settings_for(caddy.url, http=http_for(caddy, "auto")))
        answers.append(client.chat("fake/m", "Hi"))

    spoken = [answer.receipt.attempts[0].http_version for answer in answers]
    assert spoken == ["2", "3", "3", "2"]


@pytest.mark.fault("H4")
@pytest.mark.parametrize("wanted", VERSIONS)
@races
def test_a_provider_that_dies_behind_a_server_which_ends_the_stream_in_order_is_an_interruption(
    opened, tmp_path, wanted
) -> None:
    with ScriptedServer(CUT) as server, Caddy(tmp_path, server.url) as caddy:
        client = opened.at(caddy.url, http=http_for(caddy, wanted))
        with pytest.raises(StreamInterrupted) as caught:
            client.stream("fake/m", "Hi")

    assert caught.value.partial.text == "Hello"
    assert caught.value.receipt.attempts[0].http_version == VERSIONS[wanted]


@pytest.mark.parametrize("wanted", ["auto", "http1", "http3"])
@races
def test_a_connection_may_be_opened_before_the_first_call(
    opened, telling, tmp_path, wanted
) -> None:
    with Caddy(tmp_path, telling.url) as caddy:
        http = HttpSettings(http_version=wanted, alt_svc=False, ca_file=caddy.ca_file)
        client = opened.at(caddy.url, http=http)
        version = client.do("preconnect", "fake", connections=2)
        answer = client.chat("fake/m", "Hi")

    assert version == {**VERSIONS, "auto": "2"}[wanted]
    (attempt,) = answer.receipt.attempts
    assert attempt.http_version == version
    *warming, call = telling.requests[-3:]
    assert [(request.method, request.path) for request in warming] == [("HEAD", "/")] * 2
    assert KEY not in repr(warming)
    assert KEY in repr(call)
    assert attempt.reused_connection


def test_opening_connections_needs_a_provider_a_number_and_a_pool(opened) -> None:
    client = opened.at("http://127.0.0.1:9")
    with pytest.raises(ConfigError, match="nobody"):
        client.do("preconnect", "nobody")
    for count in (0, 101, True, "2"):
        with pytest.raises(InvalidRequest, match="connections"):
            client.do("preconnect", "fake", connections=count)

    without = opened(
        settings_for("http://127.0.0.1:9"), transport=MemoryTransport(FakeRuntime(), [])
    )
    assert without.do("preconnect", "fake") == ""


@pytest.mark.parametrize("wanted", ["http2", "http3"])
def test_the_local_model_answers_through_it(opened, tmp_path: Path, wanted: str) -> None:
    try:
        place = shared_server().start()
    except LocalModelError as error:
        pytest.skip(f"the local model cannot run: {error}")
    with Caddy(tmp_path, place.base_url.removesuffix("/v1")) as caddy:
        own = ProviderSettings(
            base_url=f"{caddy.url}/v1", key=Secret(place.key), dialect="openai_chat"
        )
        settings = Settings(providers={"near": own}, http=http_for(caddy, wanted))
        events, answer = opened(settings).stream(
            "near/smollm2", "In one sentence: why is the sky blue?", max_tokens=24
        )

    assert answer.text
    assert len(events) > 5
    assert answer.receipt.attempts[0].http_version == VERSIONS[wanted]


def test_only_what_costs_nothing_to_answer_twice_may_be_replayed(opened) -> None:
    vector = b'{"data": [{"index": 0, "embedding": [0.5]}], "model": "e", "usage": {}}'
    bodies = (b'{"data": []}', vector, whole()[0].partition(b"\r\n\r\n")[2])
    transport = MemoryTransport(FakeRuntime(), [Answer((body,)) for body in bodies])
    client = opened(settings_for("http://127.0.0.1:9"), transport=transport)

    client.models("fake")
    client.do("embed", "fake/e", "Hi")
    client.chat("fake/m", "Hi")

    assert [request.replayable for request in transport.requests] == [True, True, False]
    assert all(KEY in str(request.headers) for request in transport.requests)
