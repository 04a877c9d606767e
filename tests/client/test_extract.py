"""Typed values from scripted providers, in both colours and several dialects."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from typing import Any

import pytest
from tests.client.answering import DIALECTS, called, chunks
from tests.client.conftest import settings_for
from tests.client.wire import JSON, begun, chunk, pieces, streamed

from fairlead import (
    BadRequestError,
    Client,
    DeadlineExceeded,
    EventStream,
    ExtractionFailed,
    InvalidRequest,
    Partial,
    ServerError,
    StreamInterrupted,
    Tool,
    UnsupportedFeature,
    route,
)
from fairlead.dialects.emulated_output import BY_PROMPT, BY_TOOL
from fairlead.extraction.start import open_extraction
from fairlead.settings import CachePolicy
from fairlead.testing.server import Await, Close, ScriptedServer, respond, stream


@dataclass
class Book:
    title: str
    year: int
    tags: list[str] | None = None


DUNE = ['{"title": "Du', 'ne", "ye', 'ar": 19', "65}"]
WRONG = ['{"title": "Dune", ', '"year": "nineteen', '"}']


def sent(server: ScriptedServer, number: int) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(server.requests[number].body)
    return body


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_value_comes_as_its_type_in_every_dialect(opened, dialect) -> None:
    with ScriptedServer(list(stream(chunks(dialect, DUNE)))) as server:
        client = opened(settings_for(server.url, dialect=dialect))
        partials, result = client.events("stream_extract", "fake/m", "A book.", Book)

    assert result.value == Book("Dune", 1965)
    assert (result.attempts, result.mode, result.saved) == (1, "native", None)
    assert (result.usage.input_tokens, result.usage.output_tokens) == (9, 4)
    assert result.receipt.operation == "extract"
    assert partials[-1].final == result.value
    assert partials[-1].fields == {"title": "Dune", "year": 1965}
    assert all(isinstance(partial, Partial) for partial in partials)


def test_extract_gives_the_value_alone(opened) -> None:
    with ScriptedServer(streamed('{"value": ["a", "b"]}')) as server:
        assert opened.at(server.url).do("extract", "fake/m", "Two.", list[str]) == ["a", "b"]

    schema = sent(server, 0)["response_format"]["json_schema"]["schema"]
    assert schema["properties"] == {"value": {"type": "array", "items": {"type": "string"}}}


def test_partial_values_come_while_the_model_writes(opened) -> None:
    seen = threading.Event()
    head = begun(*pieces(*DUNE)[:3])
    tail = [b"%x\r\n%b\r\n" % (len(p), p) for p in pieces(*DUNE)[3:]]
    with ScriptedServer([head, Await(seen), *tail, b"0\r\n\r\n"]) as server:
        client = opened.at(server.url)
        (first, *_), _ = _first(client, seen, "fake/m", "A book.", Book)

    assert first.value == {"title": "Dune"}
    assert first.complete == ("title",)


def _first(client: Any, seen: threading.Event, *arguments: Any) -> Any:
    """All partial values; the server goes on only when one has come."""
    if client.__class__.__name__ == "Blocking":
        with client.client.stream_extract(*arguments) as found:
            partials = []
            for partial in found:
                partials.append(partial)
                seen.set()
            return partials, found.result()

    async def run() -> Any:
        async with client.client.stream_extract(*arguments) as found:
            partials = []
            async for partial in found:
                partials.append(partial)
                seen.set()
            return partials, await found.result()

    return client._run(run())


@pytest.mark.parametrize("operation", ["stream_extract", "stream_items"])
def test_what_was_left_half_way_still_tells_of_its_attempt(operation: str) -> None:
    never = threading.Event()
    answer = {"stream_extract": '{"value":[1,', "stream_items": '{"items":[1,'}[operation]
    with (
        ScriptedServer([begun(chunk({"content": answer})), Await(never)]) as server,
        Client(settings_for(server.url)) as client,
    ):
        kind = list[int] if operation == "stream_extract" else int
        with getattr(client, operation)("fake/m", "One.", kind) as found:
            next(iter(found))

    (attempt,) = found.receipt.attempts
    assert attempt.error == "closed before its end"
    assert attempt.status == 200


# -- asking again ----------------------------------------------------------------------------------


def test_a_wrong_answer_is_shown_to_the_model_once(opened) -> None:
    again = ['{"title": "Dune", "year": false, "tags": []}']
    with ScriptedServer(streamed(*WRONG), streamed(*again), streamed(*DUNE)) as server:
        partials, result = opened.at(server.url).events("stream_extract", "fake/m", "A book.", Book)

    assert result.value == Book("Dune", 1965)
    assert result.attempts == len(result.receipt.attempts) == 3
    assert partials[-1].attempt == 3
    roles = [[m["role"] for m in sent(server, n)["messages"]] for n in range(3)]
    assert roles == [["user"], ["user", "assistant", "user"], ["user", "assistant", "user"]]
    last = sent(server, 2)["messages"]
    assert last[1]["content"] == again[0]
    assert "expected integer, got boolean at $.year" in last[2]["content"]


def test_usage_counts_all_answers(opened) -> None:
    with ScriptedServer(streamed('{"title": "Dune"}'), streamed(*DUNE)) as server:
        _, result = opened.at(server.url).events("stream_extract", "fake/m", "A book.", Book)

    assert (result.usage.input_tokens, result.usage.output_tokens) == (18, 8)
    assert result.usage.estimated is False


def test_an_answer_that_cannot_be_right_is_closed_and_not_read_on(opened) -> None:
    never = threading.Event()
    cut = [begun(*pieces(*WRONG, "x" * 4000)[:3]), Await(never)]
    with ScriptedServer(cut, streamed(*DUNE)) as server:
        _, result = opened.at(server.url).events(
            "stream_extract", "fake/m", "A book.", Book, max_tokens=500
        )

    first, second = result.receipt.attempts
    assert result.value == Book("Dune", 1965)
    assert first.error == "closed before its end"
    assert first.bytes_in < 1500
    assert second.error is None
    assert result.saved.by == "max_tokens"
    assert 480 <= result.saved.tokens < 500
    assert result.usage.estimated is True
    assert result.usage.input_tokens > 9


def test_nobody_can_tell_what_was_saved_without_a_measure(opened) -> None:
    never = threading.Event()
    cut = [begun(*pieces(*WRONG)[:3]), Await(never)]
    with ScriptedServer(cut, streamed(*DUNE)) as server:
        _, result = opened.at(server.url).events("stream_extract", "fake/m", "A book.", Book)

    assert result.saved is None


def test_after_the_last_attempt_it_has_failed(opened) -> None:
    with ScriptedServer(streamed(*WRONG), streamed(*WRONG)) as server:
        with pytest.raises(ExtractionFailed, match=r"in 2 attempts: .*at \$\.year") as caught:
            opened.at(server.url).do("extract", "fake/m", "A book.", Book, max_attempts=2)

    error = caught.value
    assert (error.kind, error.path, error.attempts) == ("invalid", "$.year", 2)
    assert error.text.startswith('{"title": "Dune"')
    assert error.complete == ("title",)
    assert len(error.receipt.attempts) == 2
    assert error.usage is not None


def test_the_path_is_that_of_the_value_not_of_what_holds_it(opened) -> None:
    with ScriptedServer(streamed('{"value": [1, "x"]}')) as server:
        with pytest.raises(ExtractionFailed) as caught:
            opened.at(server.url).do("extract", "fake/m", "Numbers.", list[int], max_attempts=1)

    assert caught.value.path == "$[1]"


@pytest.mark.parametrize(
    ("answer", "kind", "match"),
    [
        ([chunk({"content": '{"title": "Du'}), chunk({}, "length")], "length", "max_tokens"),
        ([chunk({"refusal": "No, sorry."}), chunk({}, "stop")], "refused", "No, sorry"),
        ([chunk({"content": "{"}), chunk({}, "content_filter")], "refused", "refused"),
    ],
)
def test_what_another_attempt_would_not_mend_is_said_at_once(opened, answer, kind, match) -> None:
    with ScriptedServer(list(stream([*answer, b"data: [DONE]\n\n"]))) as server:
        with pytest.raises(ExtractionFailed, match=match) as caught:
            opened.at(server.url).do("extract", "fake/m", "A book.", Book)

    assert (caught.value.kind, caught.value.attempts) == (kind, 1)


def test_nearly_json_is_repaired_where_that_was_chosen(opened) -> None:
    nearly = "{title: 'Dune', year: 1965,}"
    with ScriptedServer(streamed(nearly), streamed(nearly)) as server:
        client = opened.at(server.url)
        _, result = client.events("stream_extract", "fake/m", "A book.", Book, repair=True)
        with pytest.raises(ExtractionFailed, match="no JSON"):
            client.do("extract", "fake/m", "A book.", Book, max_attempts=1)

    assert result.value == Book("Dune", 1965)
    assert result.attempts == 1
    assert any("single quotes" in warning for warning in result.warnings)


def test_errors_of_the_line_are_the_engines_business(opened) -> None:
    broken = respond(500, JSON, b'{"error": {"message": "down"}}')
    cut = [begun(*pieces(*DUNE)[:2]), Close()]
    with ScriptedServer(streamed(*WRONG), broken, cut) as server:
        client = opened.at(server.url)
        with pytest.raises(ServerError) as caught:
            client.do("extract", "fake/m", "A book.", Book)
        assert len(caught.value.receipt.attempts) == 2
        with pytest.raises(StreamInterrupted):
            client.do("extract", "fake/m", "A book.", Book)


def test_one_deadline_is_for_all_attempts(opened) -> None:
    with ScriptedServer([begun(), Await(threading.Event())]) as server:
        with pytest.raises(DeadlineExceeded):
            opened.at(server.url).do("extract", "fake/m", "A book.", Book, deadline=0.2)


def test_a_schema_that_is_refused_is_told_with_its_field(opened) -> None:
    said = "Invalid schema for response_format: In context=('properties', 'year'), no"
    body = json.dumps({"error": {"message": said, "type": "invalid_request_error"}}).encode()
    with ScriptedServer(respond(400, JSON, body)) as server:
        with pytest.raises(BadRequestError, match=r"change the type at \$\.year"):
            opened.at(server.url).do("extract", "fake/m", "A book.", Book)


# -- modes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("dialect", ["openai_chat", "anthropic_messages"])
def test_a_forced_tool_stands_in_for_a_schema(opened, dialect) -> None:
    quirks = {"output": "json_object"}
    with ScriptedServer(list(stream(called(dialect, "Book", DUNE)))) as server:
        client = opened(settings_for(server.url, dialect=dialect, quirks=quirks))
        partials, result = client.events("stream_extract", "fake/m", "A book.", Book)

    assert result.value == Book("Dune", 1965)
    assert result.mode == "tool"
    assert BY_TOOL in result.receipt.dropped
    assert len(partials) > 0
    assert sent(server, 0)["tool_choice"]


def test_the_prompt_stands_in_for_a_tool(opened) -> None:
    quirks = {"unsupported": ["output", "tools", "tool_choice"]}
    fenced = ["Sure!\n``", "`json\n", *DUNE, "\n```\n"]
    with ScriptedServer(streamed(*fenced)) as server:
        client = opened(settings_for(server.url, quirks=quirks))
        _, result = client.events("stream_extract", "fake/m", "A book.", Book)

    assert result.value == Book("Dune", 1965)
    assert (result.mode, BY_PROMPT in result.receipt.dropped) == ("prompt", True)
    assert any("words around" in warning for warning in result.warnings)


def test_one_mode_and_no_other_can_be_asked_for(opened) -> None:
    quirks = {"output": "json_object"}
    with ScriptedServer(streamed(*DUNE)) as server:
        client = opened(settings_for(server.url, quirks=quirks))
        with pytest.raises(UnsupportedFeature):
            client.do("extract", "fake/m", "A book.", Book, mode="native")
        _, result = client.events("stream_extract", "fake/m", "A book.", Book, mode="prompt")

    assert result.mode == "prompt"


def test_each_target_of_a_route_has_its_own_mode(opened) -> None:
    from fairlead import Settings
    from fairlead.auth.secret import Secret
    from fairlead.settings import ProviderSettings, RetrySettings

    broken = respond(500, JSON, b"{}")
    with ScriptedServer(broken) as one, ScriptedServer(streamed(*DUNE)) as two:
        given = {
            "one": ProviderSettings(
                base_url=f"{one.url}/v1", key=Secret("k1"), dialect="anthropic_messages"
            ),
            "two": ProviderSettings(
                base_url=f"{two.url}/v1",
                key=Secret("k2"),
                dialect="openai_chat",
                quirks={"unsupported": ["output", "tools", "tool_choice"]},
            ),
        }
        client = opened(Settings(providers=given, retry=RetrySettings(max_retries=0)))
        _, result = client.events("stream_extract", route("one/a", "two/b"), "A book.", Book)

    assert result.value == Book("Dune", 1965)
    assert result.receipt.target == "two/b"
    assert result.mode == "prompt"
    assert "output_config" in sent(one, 0)


def test_a_chat_with_a_schema_has_the_same_ways(opened) -> None:
    quirks = {"unsupported": ["output"]}
    with ScriptedServer(list(stream(called("openai_chat", "Book", DUNE)))) as server:
        client = opened(settings_for(server.url, quirks=quirks))
        _, answer = client.stream("fake/m", "A book.", output=Book, output_mode="auto")

    assert json.loads(answer.text) == {"title": "Dune", "year": 1965}
    assert answer.finish_reason == "stop"


# -- items -----------------------------------------------------------------------------------------

ITEMS = ['{"items": [{"title": "a", "year": 1}', ', {"title": "b", "ye', 'ar": 2}]}']


def test_items_come_one_by_one(opened) -> None:
    with ScriptedServer(streamed(*ITEMS)) as server:
        items, result = opened.at(server.url).events("stream_items", "fake/m", "Books.", Book)

    assert items == result.value == [Book("a", 1), Book("b", 2)]
    assert result.receipt.operation == "extract"


def test_a_bad_item_ends_the_list_with_those_before_it(opened) -> None:
    never = threading.Event()
    bad = [*ITEMS[:1], ', {"title": "b", "year": "x"', "}]}"]
    with ScriptedServer([begun(*pieces(*bad)[:3]), Await(never)]) as server:
        with pytest.raises(ExtractionFailed, match=r"at \$\[1\]\.year") as caught:
            opened.at(server.url).events("stream_items", "fake/m", "Books.", Book)

    assert caught.value.items == (Book("a", 1),)
    assert caught.value.attempts == 1
    assert caught.value.receipt.attempts[0].error == "closed before its end"


def test_bad_items_can_be_skipped(opened) -> None:
    written = '{"items": [{"title": "a", "year": 1}, {"title": "b"}, {"title": "c", "year": 3}]}'
    with ScriptedServer(streamed(written)) as server:
        items, result = opened.at(server.url).events(
            "stream_items", "fake/m", "Books.", Book, on_invalid="skip"
        )

    assert items == [Book("a", 1), Book("c", 3)]
    assert any("skipped" in said and "at $[1]" in said for said in result.warnings)


def test_a_list_that_was_cut_keeps_its_items(opened) -> None:
    cut = [chunk({"content": text}) for text in ITEMS[:2]] + [chunk({}, "length")]
    with ScriptedServer(list(stream([*cut, b"data: [DONE]\n\n"]))) as server:
        with pytest.raises(ExtractionFailed, match="max_tokens") as caught:
            opened.at(server.url).events("stream_items", "fake/m", "Books.", Book)

    assert caught.value.items == (Book("a", 1),)


# -- arguments -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"tools": []}, "tools are for run"),
        ({"output": "json"}, "the type says"),
        ({"max_attempts": 0}, "at least 1"),
        ({"mode": "magic"}, "one of auto"),
        ({"repair": "yes"}, "true or false"),
        ({"max_atempts": 1}, "did you mean 'max_attempts'"),
    ],
)
def test_arguments_are_checked_before_anything_is_sent(opened, options, match) -> None:
    with ScriptedServer() as server:
        with pytest.raises(InvalidRequest, match=match):
            opened.at(server.url).do("extract", "fake/m", "A book.", Book, **options)
        with pytest.raises(InvalidRequest, match="no type"):
            opened.at(server.url).do("extract", "fake/m", "A book.", "Book")

    assert server.requests == []


def test_what_nobody_looks_at_is_not_put_together() -> None:
    text = [f'{{"title": "{"Dune" * 9}", ', '"year": 19', "65}"]
    with ScriptedServer(streamed(*text), streamed(*text)) as server:
        with Client(settings_for(server.url)) as client:
            book = client.extract("fake/m", "A book.", Book)
            quiet = EventStream(
                lambda: open_extraction(client._core, "fake/m", "A book.", Book, {}, tells=False)
            )
            with quiet:
                assert [partial.final for partial in quiet] == [book]


def test_a_way_to_ask_is_checked_beside_emulated_tools_too(opened) -> None:
    with ScriptedServer() as server:
        client = opened.at(server.url)
        with pytest.raises(InvalidRequest, match="output_mode must be one of"):
            client.chat(
                "fake/m", "Hi", tools=[Tool("now")], emulate_tools=True, output_mode="loudly"
            )
    assert server.requests == []


@pytest.mark.parametrize("enabled", [False, True])
def test_a_mistake_that_is_kept_is_not_taken_for_the_answer_to_its_own_correction(
    opened, enabled
) -> None:
    wrong, right = list(stream(pieces('{"title": 1}'))), list(stream(pieces(*DUNE)))
    settings = {"cache": CachePolicy(enabled=enabled)}
    asked = {} if enabled else {"cache": True}
    with ScriptedServer(wrong, wrong, wrong, right) as server:
        client = opened(settings_for(server.url, **settings))
        with pytest.raises(ExtractionFailed):
            client.do("extract", "fake/m", "A book.", Book, **asked)
        assert len(server.requests) == 3
        assert client.do("extract", "fake/m", "A book.", Book, **asked) == Book("Dune", 1965)
