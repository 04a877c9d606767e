"""Routes in both colours, over real connections: falling over, beginning anew, other operations."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.client.conftest import KEY
from tests.client.wire import begun, chunk, pieces, streamed, whole

import fairlead
from fairlead import Settings, StreamRestarted, TextDelta
from fairlead.auth.secret import Secret
from fairlead.errors import AllTargetsFailed, InvalidRequest
from fairlead.settings import ProviderSettings, RetrySettings
from fairlead.testing.server import Close, ScriptedServer, respond
from fairlead.types.routes import Route

JSON = (("Content-Type", "application/json"),)
BOTH = fairlead.route("one/m", "two/m")
ANEW = fairlead.route("one/m", "two/m", on_break="restart")


def two(first: str, second: str, **changes: Any) -> Settings:
    """Two providers, `one` and `two`, at their own servers."""
    changes.setdefault("retry", RetrySettings(max_retries=0))
    providers = {
        name: ProviderSettings(base_url=f"{url}/v1", key=Secret(KEY), dialect="openai_chat")
        for name, url in (("one", first), ("two", second))
    }
    return Settings(providers=providers, **changes)


def test_a_call_moves_on_from_a_server_that_is_down(opened) -> None:
    with ScriptedServer(whole("from two")) as server:
        answer = opened(two("http://127.0.0.1:1", server.url)).chat(BOTH, "Hi")

    assert answer.text == "from two"
    assert answer.receipt.target == "two/m"
    assert "ConnectError" in answer.receipt.attempts[0].error


def test_a_stream_moves_on_before_it_has_begun(opened) -> None:
    down = respond(503, JSON, b'{"error": {"message": "full"}}')
    with ScriptedServer(down) as bad, ScriptedServer(streamed("from", " two")) as good:
        events, answer = opened(two(bad.url, good.url)).stream(BOTH, "Hi")

    assert [event.text for event in events if isinstance(event, TextDelta)] == ["from", " two"]
    assert [attempt.status for attempt in answer.receipt.attempts] == [503, 200]


def test_a_stream_that_is_cut_begins_anew_where_the_route_says_so(opened) -> None:
    cut = [begun(chunk({"role": "assistant", "content": "ha"})), Close()]
    with ScriptedServer(cut) as bad, ScriptedServer(streamed("whole")) as good:
        events, answer = opened(two(bad.url, good.url)).stream(ANEW, "Hi")

    kinds = [type(e) for e in events if isinstance(e, TextDelta | StreamRestarted)]
    assert kinds == [TextDelta, StreamRestarted, TextDelta]
    assert answer.text == "whole"
    assert len(answer.receipt.attempts) == 2


def test_each_target_is_sent_its_own_key_and_model(opened) -> None:
    down = respond(500, JSON, b"{}")
    route = fairlead.route("one/small", "two/large")
    with ScriptedServer(down) as bad, ScriptedServer(whole()) as good:
        settings = two(bad.url, good.url)
        client = opened(settings, keys={"one": "sk-one-12345", "two": "sk-two-12345"})
        client.chat(route, "Hi")

    sent = [server.requests[0] for server in (bad, good)]
    assert [request.header("authorization")[7:13] for request in sent] == ["sk-one", "sk-two"]
    assert [json.loads(request.body)["model"] for request in sent] == ["small", "large"]


def test_a_group_of_errors_comes_out_of_both_colours(opened) -> None:
    down = respond(500, JSON, b"{}")
    with ScriptedServer(down) as bad, ScriptedServer(down) as worse:
        with pytest.raises(AllTargetsFailed) as caught:
            opened(two(bad.url, worse.url)).chat(BOTH, "Hi")

    assert len(caught.value.exceptions) == 2
    assert len(caught.value.receipt.attempts) == 2
    assert KEY not in str(caught.value)


def test_a_route_of_the_settings_is_a_model_by_its_name(opened) -> None:
    routes = {"fast": Route(targets=("one/m", "two/m"))}
    with ScriptedServer(whole("from two")) as server:
        client = opened(two("http://127.0.0.1:1", server.url, routes=routes))
        assert client.chat("fast", "Hi").receipt.target == "two/m"


def embeddings(url: str, azure: str = "") -> Settings:
    own = {"key": Secret(KEY)}
    providers = {
        "openai": ProviderSettings(base_url=f"{url}/v1", **own),
        "openrouter": ProviderSettings(base_url=f"{azure or url}/v1", **own),
        "mistral": ProviderSettings(base_url=f"{url}/v1", **own),
    }
    return Settings(providers=providers, retry=RetrySettings(max_retries=0))


VECTOR = respond(
    200, JSON, json.dumps({"data": [{"index": 0, "embedding": [1.0, 2.0]}], "model": "e"}).encode()
)


def test_the_other_operations_take_routes_too(opened) -> None:
    down = respond(500, JSON, b"{}")
    route = fairlead.route("openai/e-1", "openrouter/openai/e-1")
    with ScriptedServer(down) as bad, ScriptedServer(VECTOR) as good:
        answer = opened(embeddings(bad.url, good.url)).do("embed", route, "text")

    assert list(answer.embeddings[0]) == [1.0, 2.0]
    assert answer.receipt.target == "openrouter/openai/e-1"


def test_vectors_of_different_models_are_never_mixed(opened) -> None:
    route = fairlead.route("openai/text-embedding-3-small", "mistral/mistral-embed")
    client = opened(embeddings("http://127.0.0.1:1"))

    with pytest.raises(InvalidRequest, match="cannot be compared"):
        client.do("embed", route, "text")


def test_a_completion_takes_a_route(opened) -> None:
    down = respond(500, JSON, b"{}")
    body = {"id": "c", "model": "m", "choices": [{"text": "done", "finish_reason": "stop"}]}
    good = respond(200, JSON, json.dumps(body).encode())
    with ScriptedServer(down) as bad, ScriptedServer(good) as server:
        settings = embeddings(bad.url, server.url)
        providers = settings.providers | {"fireworks": settings.providers["openrouter"]}
        client = opened(Settings(providers=providers, retry=settings.retry))
        route = fairlead.route("openai/a", "fireworks/b")
        assert client.do("complete", route, "so").text == "done"


MODES = """
[retry]
max_retries = 0
[providers.openai]
base_url = "http://127.0.0.1:1/v1"
key = "sk-test-0123456789"
[providers.fireworks]
base_url = "{url}/v1"
key = "sk-test-0123456789"
[routes.completion]
targets = ["openai/small", "fireworks/small"]
order = "listed"
[routes.agentic]
targets = ["openai/large", "fireworks/large"]
on_break = "continue"
"""


def test_a_file_may_name_a_route_for_each_way_of_working(opened, tmp_path) -> None:
    body = {"id": "c", "model": "m", "choices": [{"text": "done", "finish_reason": "stop"}]}
    written = respond(200, JSON, json.dumps(body).encode())
    with ScriptedServer(written, whole("agreed"), streamed("step")) as server:
        (tmp_path / "fairlead.toml").write_text(MODES.format(url=server.url))
        given = Settings.load(path=tmp_path / "fairlead.toml", environ={"HOME": str(tmp_path)})
        client = opened(given)
        short = client.do("complete", "completion", "so")
        long = client.chat("agentic", "Go")
        _, stream = client.stream("agentic", "Go on")

    assert (short.text, long.text, stream.text) == ("done", "agreed", "step")
    assert short.receipt.target == "fireworks/small"
    assert long.receipt.target == stream.receipt.target == "fireworks/large"


def test_many_pieces_pass_a_route_that_may_begin_anew(opened) -> None:
    words = [f"w{number} " for number in range(300)]
    with ScriptedServer([*streamed(*words)]) as server:
        events, answer = opened(two(server.url, server.url)).stream(ANEW, "Hi")

    assert answer.text == "".join(words)
    assert len([e for e in events if isinstance(e, TextDelta)]) == len(pieces(*words)) - 4
