"""Spans and metrics by the conventions, against OpenTelemetry's own SDK."""

from __future__ import annotations

import json
import sys

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.semconv._incubating.attributes import gen_ai_attributes as official
from opentelemetry.semconv._incubating.metrics import gen_ai_metrics as official_metrics
from opentelemetry.trace import SpanKind, StatusCode
from tests.telemetry.sweeping import KEY, Points, core, streamed, whole

from fairlead.engine.runtime import drive
from fairlead.errors import AuthenticationError, ConfigError
from fairlead.providers.index import NAMES
from fairlead.telemetry import OpenTelemetry, semconv
from fairlead.testing.memory import Answer
from fairlead.types.observed import ObservedAttempt, ObservedCall

DOWN = Answer((b'{"error":{"message":"down, said the provider"}}',), status=500)
REFUSED = Answer((b'{"error":{"message":"wrong key, said the provider"}}',), status=401)


class Lab:
    """An observer with everything that it reports in memory."""

    def __init__(self, **options: bool) -> None:
        self._spans = InMemorySpanExporter()
        self._metrics = InMemoryMetricReader()
        tracers = TracerProvider(shutdown_on_exit=False)
        tracers.add_span_processor(SimpleSpanProcessor(self._spans))
        meters = MeterProvider([self._metrics], shutdown_on_exit=False)
        self.tracers = tracers
        self.observer = OpenTelemetry(tracer_provider=tracers, meter_provider=meters, **options)

    def chat(self, *answers, **options):
        client = core(Points("blocking", None), list(answers), self.observer)
        return drive(client.chat("fake/m", "a secret question", options))

    def stream(self, *answers):
        client = core(Points("blocking", None), list(answers), self.observer)

        async def read():
            reply = await client.stream("fake/m", "a secret question", {})
            async for _ in reply:
                pass

        drive(read())

    @property
    def spans(self):
        return self._spans.get_finished_spans()

    @property
    def points(self) -> dict[str, list]:
        data = self._metrics.get_metrics_data()
        found = [
            metric
            for resource in data.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
        ]
        return {metric.name: list(metric.data.data_points) for metric in found}


def test_a_call_is_a_span_with_the_attributes_of_the_conventions() -> None:
    lab = Lab()

    lab.chat(whole(), temperature=0.5, max_tokens=64, stop=["END"])

    (span,) = lab.spans
    assert span.name == "chat m"
    assert span.kind is SpanKind.CLIENT
    assert dict(span.attributes) == {
        official.GEN_AI_OPERATION_NAME: "chat",
        official.GEN_AI_PROVIDER_NAME: "fake",
        official.GEN_AI_REQUEST_MODEL: "m",
        official.GEN_AI_REQUEST_MAX_TOKENS: 64,
        official.GEN_AI_REQUEST_TEMPERATURE: 0.5,
        official.GEN_AI_REQUEST_STOP_SEQUENCES: ("END",),
        official.GEN_AI_RESPONSE_ID: "c1",
        official.GEN_AI_RESPONSE_MODEL: "m-1",
        official.GEN_AI_RESPONSE_FINISH_REASONS: ("stop",),
        official.GEN_AI_USAGE_INPUT_TOKENS: 12,
        official.GEN_AI_USAGE_OUTPUT_TOKENS: 3,
    }
    assert span.status.status_code is StatusCode.UNSET


def test_a_retried_call_is_one_span_as_long_as_all_of_it() -> None:
    lab = Lab()

    lab.chat(DOWN, whole())

    (span,) = lab.spans
    assert span.attributes[semconv.RESENDS] == 1
    assert span.end_time - span.start_time > 0


def test_attempts_are_spans_within_it_where_they_are_wanted() -> None:
    lab = Lab(attempts=True)

    lab.chat(DOWN, whole())

    first, second, whole_call = lab.spans
    assert {first.parent.span_id, second.parent.span_id} == {whole_call.context.span_id}
    assert dict(first.attributes) == {
        "http.request.resend_count": 0,
        "http.response.status_code": 500,
        "error.type": "ServerError",
    }
    assert dict(second.attributes) == {
        "http.request.resend_count": 1,
        "http.response.status_code": 200,
    }


def test_a_span_belongs_to_the_one_that_is_current() -> None:
    lab = Lab()

    with lab.tracers.get_tracer("app").start_as_current_span("work"):
        lab.chat(whole())

    call, work = lab.spans
    assert call.parent.span_id == work.context.span_id


def test_a_failure_has_its_type_and_nothing_that_was_said() -> None:
    lab = Lab()

    with pytest.raises(AuthenticationError):
        lab.chat(REFUSED)

    (span,) = lab.spans
    assert span.attributes["error.type"] == "AuthenticationError"
    assert span.status.status_code is StatusCode.ERROR
    assert "said the provider" not in span.to_json()
    (duration,) = lab.points[official_metrics.GEN_AI_CLIENT_OPERATION_DURATION]
    assert duration.attributes["error.type"] == "AuthenticationError"


def test_content_and_keys_are_in_nothing_by_default() -> None:
    lab = Lab(attempts=True)

    lab.chat(DOWN, whole("a secret answer"))
    lab.stream(streamed("a secret ", "answer"))

    told = "".join(span.to_json() for span in lab.spans) + repr(lab.points)
    assert "secret" not in told
    assert KEY not in told


def test_content_is_there_when_it_is_asked_for() -> None:
    lab = Lab(content=True)

    lab.chat(whole("an answer"), system="Be brief.")

    (span,) = lab.spans
    asked = json.loads(span.attributes[official.GEN_AI_INPUT_MESSAGES])
    answered = json.loads(span.attributes[official.GEN_AI_OUTPUT_MESSAGES])
    system = json.loads(span.attributes[official.GEN_AI_SYSTEM_INSTRUCTIONS])
    assert asked == [{"role": "user", "parts": [{"type": "text", "content": "a secret question"}]}]
    assert answered == [
        {
            "role": "assistant",
            "parts": [{"type": "text", "content": "an answer"}],
            "finish_reason": "stop",
        }
    ]
    assert system == [{"type": "text", "content": "Be brief."}]
    assert KEY not in span.to_json()


def test_durations_and_tokens_are_measured() -> None:
    lab = Lab()

    lab.chat(whole())

    points = lab.points
    (duration,) = points[official_metrics.GEN_AI_CLIENT_OPERATION_DURATION]
    assert dict(duration.attributes) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "fake",
        "gen_ai.request.model": "m",
        "gen_ai.response.model": "m-1",
    }
    assert duration.explicit_bounds[:3] == (0.01, 0.02, 0.04)
    tokens = points[official_metrics.GEN_AI_CLIENT_TOKEN_USAGE]
    assert {point.attributes["gen_ai.token.type"]: point.sum for point in tokens} == {
        "input": 12,
        "output": 3,
    }
    assert official_metrics.GEN_AI_CLIENT_OPERATION_TIME_TO_FIRST_CHUNK not in points


def test_a_stream_tells_when_its_first_chunk_came() -> None:
    lab = Lab()

    lab.stream(streamed("one"))

    (span,) = lab.spans
    assert span.attributes[official.GEN_AI_REQUEST_STREAM] is True
    assert span.attributes[official.GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK] >= 0
    assert official_metrics.GEN_AI_CLIENT_OPERATION_TIME_TO_FIRST_CHUNK in lab.points


def test_nothing_is_kept_of_calls_that_have_ended() -> None:
    lab = Lab(attempts=True)

    lab.chat(DOWN, whole())
    with pytest.raises(AuthenticationError):
        lab.chat(REFUSED)

    assert lab.observer._calls == {}
    assert lab.observer._attempts == {}


def test_our_names_are_those_of_the_conventions() -> None:
    theirs = {
        value
        for module in (official, official_metrics)
        for value in vars(module).values()
        if isinstance(value, str)
    }
    ours = {
        value
        for value in [*vars(semconv).values(), *semconv.REQUEST_FIELDS.values()]
        if isinstance(value, str) and value.startswith("gen_ai.")
    }

    assert len(ours) > 20
    assert ours <= theirs


def test_providers_have_the_names_of_the_conventions() -> None:
    known = {value.value for value in official.GenAiProviderNameValues}
    ours = {semconv.provider_name(name) for name in NAMES}

    assert {"openai", "anthropic", "gcp.gemini", "aws.bedrock", "x_ai"} <= ours & known
    assert semconv.provider_name("my-own") == "my-own"


def test_a_missing_package_is_named(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)

    with pytest.raises(ConfigError, match=r"fairlead\[otel\]"):
        OpenTelemetry()


def test_spans_whose_end_was_never_heard_go_with_their_calls() -> None:
    observer = Lab(attempts=True).observer
    for number in range(100):
        call = ObservedCall("chat", "fake/m", False, 0.0)
        observer.call_start(call)
        observer.attempt_start(call, ObservedAttempt(number, "fake/m", 0.0))
    del call

    assert (len(observer._calls), len(observer._attempts)) == (0, 0)
