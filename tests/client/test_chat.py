"""Chat in both colours, streamed and not, against a scripted provider."""

from __future__ import annotations

import json

import pytest
from msgspec.structs import replace
from tests.client.conftest import KEY, settings_for
from tests.client.wire import JSON, begun, data, pieces, streamed, whole

from fairlead import Client, Finish, Message, ResponseStart, TextDelta, UsageEvent
from fairlead.errors import (
    BadRequestError,
    ConfigError,
    InvalidRequest,
    MissingCredentials,
    ProviderRetired,
    RateLimitError,
    UnknownProvider,
    UnsupportedFeature,
)
from fairlead.settings import RetrySettings, Settings
from fairlead.testing.server import Pause, ScriptedServer, respond, stream


def test_an_answer_tells_text_usage_and_who_served_it(opened) -> None:
    with ScriptedServer(whole("Hello there")) as server:
        answer = opened.at(server.url).chat("fake/m", "Hi")

    (attempt,) = answer.receipt.attempts
    assert (answer.text, answer.finish_reason, answer.model) == ("Hello there", "stop", "m-1")
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (9, 4)
    assert (answer.receipt.target, attempt.status, attempt.http_version) == ("fake/m", 200, "1.1")
    assert answer.raw.json()["id"] == "c1"


def test_streamed_and_whole_answers_are_the_same_but_for_the_way(opened) -> None:
    with ScriptedServer(whole("Hello there"), streamed("Hello", " there")) as server:
        client = opened.at(server.url)
        one = client.chat("fake/m", "Hi")
        events, two = client.stream("fake/m", "Hi")

    different = {"receipt": one.receipt, "raw": one.raw}
    assert replace(two, **different) == one
    assert [a.error for a in two.receipt.attempts] == [a.error for a in one.receipt.attempts]
    assert isinstance(events[0], ResponseStart)
    assert [e.text for e in events if isinstance(e, TextDelta)] == ["Hello", " there"]
    assert isinstance(events[-2], UsageEvent)
    assert events[-1] == Finish("stop", "stop")


def test_text_alone_can_be_iterated(opened) -> None:
    with ScriptedServer(streamed("Hello", " there")) as server:
        assert opened.at(server.url).text("fake/m", "Hi") == ["Hello", " there"]


def test_equal_requests_are_equal_bytes_and_carry_the_key(opened) -> None:
    with ScriptedServer(whole()) as server:
        client = opened.at(server.url)
        for _ in range(2):
            client.chat("fake/m", "Hi", system="Be brief", temperature=0, stop="x", seed=7)

    first, second = server.requests
    assert first.body == second.body
    assert first.connection == second.connection
    assert first.header("authorization") == f"Bearer {KEY}"
    assert json.loads(first.body) == {
        "model": "m",
        "messages": [
            {"role": "system", "content": "Be brief"},
            {"role": "user", "content": "Hi"},
        ],
        "temperature": 0,
        "stop": ["x"],
        "seed": 7,
    }


def test_an_optional_field_leaves_the_other_bytes_alone(opened) -> None:
    with ScriptedServer(whole()) as server:
        client = opened.at(server.url)
        client.chat("fake/m", "Hi")
        client.chat("fake/m", "Hi", user="u", extra_body=None, options=None, tools=None)
        client.chat("fake/m", "Hi", extra_headers={"x-grok-conv-id": "42"})

    bare, with_user, with_header = server.requests
    assert json.loads(with_user.body) == json.loads(bare.body) | {"user": "u"}
    assert with_user.body.startswith(bare.body[:-1])
    assert with_header.body == bare.body
    assert with_header.header("x-grok-conv-id") == "42"
    assert bare.header("x-grok-conv-id") is None


def test_extra_body_is_merged_and_refused_where_it_collides(opened) -> None:
    with ScriptedServer(whole()) as server:
        client = opened.at(server.url)
        client.chat("fake/m", "Hi", extra_body={"top_a": 0.5})
        with pytest.raises(InvalidRequest, match="model"):
            client.chat("fake/m", "Hi", extra_body={"model": "other"})

    assert [json.loads(request.body)["top_a"] for request in server.requests] == [0.5]


def test_a_conversation_can_go_on_with_the_answer(opened) -> None:
    with ScriptedServer(whole("Four")) as server:
        client = opened.at(server.url)
        turns = [Message.user("2+2?")]
        answer = client.chat("fake/m", turns)
        client.chat("fake/m", [*turns, answer.message, {"role": "user", "content": "+1?"}])

    roles = [message["role"] for message in json.loads(server.requests[1].body)["messages"]]
    assert roles == ["user", "assistant", "user"]


def test_a_tool_call_is_returned_and_can_be_answered(opened) -> None:
    call = {"id": "c9", "type": "function", "function": {"name": "add", "arguments": '{"a":1}'}}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    with ScriptedServer(whole(choices=[choice]), whole()) as server:
        client = opened.at(server.url)
        tool = {"type": "function", "function": {"name": "add", "parameters": {"type": "object"}}}
        answer = client.chat("fake/m", "1+1?", tools=[tool])
        (wish,) = answer.tool_calls
        result = {"role": "tool", "tool_call_id": wish.id, "content": "2"}
        client.chat("fake/m", [Message.user("1+1?"), answer.message, result], tools=[tool])

    assert (wish.name, wish.parse(), answer.finish_reason) == ("add", {"a": 1}, "tool_call")
    sent = json.loads(server.requests[1].body)["messages"]
    assert sent[1]["tool_calls"][0]["id"] == sent[2]["tool_call_id"] == "c9"


@pytest.mark.fault("S15")
def test_leaving_the_block_closes_the_connection_at_once(opened) -> None:
    many = stream(pieces(*["x"] * 2000), pause=0.01)
    with ScriptedServer(many, whole()) as server:
        client = opened.at(server.url)
        events, left = client.first(3, "fake/m", "Hi")
        answer = client.chat("fake/m", "Hi")

    assert len(events) == 3
    assert left.receipt.attempts[0].error == "closed before its end"
    assert left.partial.text.startswith("x")
    assert left.usage.estimated
    assert answer.text == "Hello there"
    assert server.requests[1].connection == 2


def test_a_finished_stream_gives_its_connection_back(opened) -> None:
    with ScriptedServer(streamed("a"), whole()) as server:
        client = opened.at(server.url)
        client.stream("fake/m", "Hi")
        client.chat("fake/m", "Hi")

    assert [request.connection for request in server.requests] == [1, 1]


def test_a_server_that_does_not_stream_is_read_all_the_same(opened) -> None:
    with ScriptedServer(whole("All at once")) as server:
        events, answer = opened.at(server.url).stream("fake/m", "Hi")

    assert answer.text == "All at once"
    assert "".join(e.text for e in events if isinstance(e, TextDelta)) == "All at once"


def test_a_server_that_streams_unasked_is_read_all_the_same(opened) -> None:
    with ScriptedServer(streamed("Hello", " there")) as server:
        assert opened.at(server.url).chat("fake/m", "Hi").text == "Hello there"


def test_a_retry_shows_in_the_receipt(opened) -> None:
    busy = respond(429, (*JSON, ("Retry-After-Ms", "20")), b'{"error":{"message":"busy"}}')
    with ScriptedServer(busy, whole()) as server:
        settings = settings_for(server.url, retry=RetrySettings(max_retries=2))
        answer = opened(settings).chat("fake/m", "Hi")

    first, second = answer.receipt.attempts
    assert (first.status, second.status) == (429, 200)
    assert second.wait >= 0.02


def test_a_rotated_key_is_used_from_the_next_request_on(opened) -> None:
    with ScriptedServer(whole()) as server:
        client = opened.at(server.url)
        client.chat("fake/m", "Hi")
        client.rotate_key("fake", "sk-new")
        client.chat("fake/m", "Hi")

    sent = [request.header("authorization") for request in server.requests]
    assert sent == [f"Bearer {KEY}", "Bearer sk-new"]


def test_an_environment_key_is_read_anew_for_every_call(opened, monkeypatch) -> None:
    monkeypatch.setenv("VLLM_API_KEY", "first")
    with ScriptedServer(whole()) as server:
        monkeypatch.setenv("VLLM_BASE_URL", f"{server.url}/v1")
        client = opened(Settings())
        client.chat("vllm/m", "Hi")
        monkeypatch.setenv("VLLM_API_KEY", "second")
        answer = client.chat("vllm/m", "Hi")

    sent = [request.header("authorization") for request in server.requests]
    assert sent == ["Bearer first", "Bearer second"]
    assert answer.receipt.key_name == "VLLM_API_KEY"


@pytest.mark.parametrize(
    ("model", "error", "says"),
    [
        ("groq/llama", MissingCredentials, "GROQ_API_KEY"),
        ("grok_/x", UnknownProvider, "grok"),
        ("ai21/jamba", ProviderRetired, "shut down"),
        ("openai/../x", ConfigError, r"\.\."),
        ("openai/a\nb", ConfigError, "control"),
        ("", ConfigError, "model"),
    ],
)
def test_a_wrong_model_is_refused_before_anything_is_sent(opened, model, error, says) -> None:
    with pytest.raises((error, InvalidRequest), match=says):
        opened(Settings()).chat(model, "Hi")


def test_a_feature_that_the_target_lacks_is_an_error_unless_allowed(opened) -> None:
    with ScriptedServer(whole()) as server:
        client = opened.at(server.url, quirks={"unsupported": ("top_k",)})
        with pytest.raises(UnsupportedFeature, match="top_k"):
            client.chat("fake/m", "Hi", top_k=3)
        answer = client.chat("fake/m", "Hi", top_k=3, unsupported="warn")

    assert any("top_k" in warning for warning in answer.warnings)
    assert "top_k" in answer.receipt.dropped
    assert "top_k" not in json.loads(server.requests[0].body)


def test_an_error_of_the_provider_is_typed_and_quotes_it_briefly(opened) -> None:
    long = "the limit is reached " * 100
    body = json.dumps({"error": {"message": long, "code": "rate_limit_exceeded"}}).encode()
    with ScriptedServer(respond(429, (*JSON, ("x-request-id", "r1")), body)) as server:
        with pytest.raises(RateLimitError) as caught:
            opened.at(server.url).chat("fake/m", "Hi")

    error = caught.value
    assert (error.status, error.code, error.request_id) == (429, "rate_limit_exceeded", "r1")
    assert len(error.excerpt) == 300
    assert error.receipt.attempts[0].request_id == "r1"


def test_the_providers_models_are_listed(opened) -> None:
    body = b'{"data":[{"id":"a","owned_by":"x"},{"id":"b","context_length":8192},{"odd":1}]}'
    with ScriptedServer(respond(200, JSON, body)) as server:
        models = opened.at(server.url).models("fake")

    assert [(m.id, m.owned_by, m.context_window) for m in models] == [
        ("a", "x", None),
        ("b", None, 8192),
    ]
    assert server.requests[0].path == "/v1/models"


def test_a_check_tells_what_is_wrong_instead_of_raising(opened) -> None:
    wrong = respond(401, JSON, b'{"error":{"message":"wrong key"}}')
    with ScriptedServer(respond(200, JSON, b'{"data":[]}'), wrong) as server:
        client = opened.at(server.url)
        fine, bad = client.check("fake"), client.check("fake")

    assert (fine.ok, fine.status) == (True, 200)
    assert (bad.ok, bad.status) == (False, 401)
    assert "wrong key" in bad.problem


@pytest.mark.parametrize(
    ("dialect", "path"),
    [
        ("openai_chat", "/v1/chat/completions"),
        ("openai_responses", "/v1/responses"),
        ("anthropic_messages", "/v1/v1/messages"),
    ],
)
def test_what_a_call_adds_is_sent_in_every_dialect(opened, dialect, path) -> None:
    with ScriptedServer(respond(400, JSON, b'{"error":{"message":"seen"}}')) as server:
        with pytest.raises(BadRequestError, match="seen"):
            opened.at(server.url).chat(
                "fake/m",
                "Hi",
                dialect=dialect,
                extra_headers={"x-grok-conv-id": "42"},
                extra_body={"novel": {"a": 1}},
                deadline=5,
            )

    (request,) = server.requests
    assert (request.path, request.header("x-grok-conv-id")) == (path, "42")
    assert json.loads(request.body)["novel"] == {"a": 1}
    assert len([name for name, _ in request.headers]) == len({name for name, _ in request.headers})


@pytest.mark.fault("P12", "missing is None, absurd is no figure, too little becomes an estimate")
def test_usage_that_was_told_too_early_is_raised_to_an_estimate(opened) -> None:
    """Anthropic tells it with the first event, when next to nothing has been written."""
    start = {"id": "m1", "model": "c", "usage": {"input_tokens": 12, "output_tokens": 1}}
    events = [
        {"type": "message_start", "message": start},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {
            "type": "content_block_delta",
            "index": 0,
            "delta": {"type": "text_delta", "text": "x" * 400},
        },
    ]
    with ScriptedServer([begun(*[data(event) for event in events]), Pause(30)]) as server:
        client = opened.at(server.url, dialect="anthropic_messages")
        _, left = client.first(2, "fake/m", "Hi")

    assert (left.usage.input, left.usage.output, left.usage.estimated) == (12, 100, True)


def test_a_stream_that_was_closed_before_it_was_opened_sends_nothing() -> None:
    with ScriptedServer(streamed("a")) as server, Client(settings_for(server.url)) as client:
        closed = client.stream("fake/m", "Hi")
        closed.close()
        assert list(closed) == []
        with pytest.raises(RuntimeError, match="not open"):
            closed.result()

    assert server.requests == []
