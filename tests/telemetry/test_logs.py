"""Records of calls, and JSON in which no key can be read."""

from __future__ import annotations

import base64
import io
import json
import logging
import sys

import pytest
from hypothesis import given, strategies
from tests.telemetry.sweeping import KEY, Points, core, streamed, whole

from fairlead import Settings, route
from fairlead.auth.secret import Secret
from fairlead.core import Core
from fairlead.engine.runtime import drive
from fairlead.errors import AllTargetsFailed, FairleadError
from fairlead.settings import ProviderSettings, RetrySettings
from fairlead.telemetry import CallLog, JsonFormatter
from fairlead.telemetry.logs import hidden
from fairlead.testing.memory import Answer, MemoryTransport
from fairlead.testing.runtime import FakeRuntime

DOWN = Answer((b'{"error":{"message":"a secret remark"}}',), status=500)


@pytest.fixture
def logged():
    """A logger of its own that writes JSON, and what it has written."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(JsonFormatter())
    logger = logging.Logger("app", logging.DEBUG)
    logger.addHandler(handler)
    return logger, lambda: [json.loads(line) for line in text.getvalue().splitlines()]


def test_a_call_is_one_record_and_each_attempt_another(logged) -> None:
    logger, lines = logged
    client = core(Points("blocking", None), [DOWN, whole()], CallLog(logger))

    drive(client.chat("fake/m", "Hi", {}))

    first, second, call = lines()
    assert (first["event"], first["number"], first["ended"]) == ("attempt", 1, "ServerError")
    assert (second["number"], second["ended"], second["status"]) == (2, "ok", 200)
    assert call["message"].startswith("chat fake/m: ok in ")
    assert call["level"] == "INFO"
    assert {key: call[key] for key in ("operation", "target", "stream", "attempts")} == {
        "operation": "chat",
        "target": "fake/m",
        "stream": False,
        "attempts": 2,
    }
    assert (call["input_tokens"], call["output_tokens"]) == (12, 3)


def test_a_failed_call_is_a_warning(logged) -> None:
    logger, lines = logged
    client = core(Points("blocking", None), [Answer((b"{}",), status=401)], CallLog(logger))

    with pytest.raises(FairleadError):
        drive(client.chat("fake/m", "Hi", {}))

    assert (lines()[-1]["level"], lines()[-1]["ended"]) == ("WARNING", "AuthenticationError")
    assert lines()[-1]["status"] == 401


def test_a_route_that_failed_says_how_each_of_its_targets_did(logged) -> None:
    logger, lines = logged
    settings = Settings(
        providers={
            name: ProviderSettings(base_url=f"https://{name}.test/v1", key=Secret(KEY))
            for name in ("one", "two")
        },
        retry=RetrySettings(max_retries=0),
    )
    runtime = FakeRuntime()
    answers = [Answer((b"a secret remark",), status=status) for status in (500, 401)]
    client = Core(
        settings,
        transport=MemoryTransport(runtime, answers),
        runtime=runtime,
        observers=[CallLog(logger)],
    )

    with pytest.raises(AllTargetsFailed):
        drive(client.chat(route("one/m", "two/m"), "Hi", {}))

    assert lines()[-1]["ended"] == "AllTargetsFailed"
    assert lines()[-1]["failed"] == {"one/m": "ServerError", "two/m": "AuthenticationError"}
    assert "secret" not in str(lines())


def test_a_stream_that_was_closed_early_says_so(logged) -> None:
    logger, lines = logged
    client = core(Points("blocking", None), [streamed("one", "two")], CallLog(logger))

    async def leave() -> None:
        await (await client.stream("fake/m", "Hi", {})).aclose()

    drive(leave())

    assert [line["ended"] for line in lines()] == ["closed", "closed"]


def test_neither_content_nor_key_is_in_any_record(logged) -> None:
    """Invariant I8."""
    logger, lines = logged
    answers = [DOWN, whole("a secret answer"), Answer((KEY.encode(),), status=401)]
    client = core(Points("blocking", None), answers, CallLog(logger))
    drive(client.chat("fake/m", "a secret question", {}))
    with pytest.raises(FairleadError) as caught:
        drive(client.chat("fake/m", "a secret question", {}))
    logger.error("it failed", exc_info=caught.value)

    told = json.dumps(lines()[:-1])
    assert "secret" not in told
    encoded = base64.b64encode(KEY.encode()).decode()
    for form in (KEY, KEY[:20], KEY[::-1], encoded):
        assert form not in json.dumps(lines())


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer {}",
        "authorization=Basic {}",
        "x-api-key: {}",
        '{{"api_key": "{}"}}',
        "https://example.com/?key={}&alt=sse",
        "OPENAI_API_KEY={}",
        "client_secret='{}'",
        "sk-{}",
        "gsk_{}",
        "password: {}",
    ],
)
def test_what_is_called_a_key_is_hidden_whoever_logs_it(logged, text) -> None:
    logger, lines = logged
    try:
        raise ValueError(text.format(KEY))
    except ValueError:
        logger.exception("said %s", text.format(KEY))

    assert KEY not in json.dumps(lines())
    assert "***" in lines()[0]["message"]
    assert "ValueError" in lines()[0]["traceback"]


@pytest.mark.parametrize(
    "text",
    [
        "the token bucket is empty",
        "sketches-of-spain-by-miles-davis",
        "input_tokens: 1234567",
        "chat fake/m: ok in 0.200 s, attempts: 2",
        "a keyboard: wireless-one",
    ],
)
def test_plain_words_stay(text) -> None:
    assert hidden(text) == text


@given(strategies.text())
def test_any_text_is_one_line_of_json(text) -> None:
    record = logging.LogRecord("app", logging.INFO, __file__, 1, "%s", (text,), None)

    line = JsonFormatter().format(record)

    assert "\n" not in line
    assert json.loads(line)["message"] == hidden(text)


def test_a_stack_is_in_it_too(logged) -> None:
    logger, lines = logged

    logger.info("here", stack_info=True)

    assert sys._getframe().f_code.co_name in lines()[0]["stack"]


def test_a_logger_that_is_off_costs_no_usage() -> None:
    class Untouched:
        @property
        def usage(self):
            raise AssertionError("nobody reads it")

    logger = logging.Logger("app", logging.ERROR)
    CallLog(logger).call_stop(None, type("End", (Untouched,), {"how": "ok"})())


def test_a_long_word_takes_no_longer_than_many_short_ones() -> None:
    """Time grew with the square of its length: a picture in base64 would have taken hours."""
    assert hidden("a" * 300_000 + "_token=abcdef") == "a" * 300_000 + "_token=***"
