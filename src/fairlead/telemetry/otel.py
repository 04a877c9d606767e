"""Spans and metrics for OpenTelemetry, by its conventions for generative AI.

A call is one span, with all its attempts; with `attempts=True` each attempt is a span within it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from fairlead.errors import ConfigError
from fairlead.ports import Observer
from fairlead.telemetry import content, semconv
from fairlead.types.requests import ChatRequest
from fairlead.types.responses import ChatResponse

if TYPE_CHECKING:
    from opentelemetry.metrics import Histogram, MeterProvider
    from opentelemetry.trace import Span, TracerProvider

    from fairlead.types.observed import CallEnd, ObservedAttempt, ObservedCall
    from fairlead.types.receipts import Attempt
    from fairlead.types.usage import Usage

_NAME = "fairlead"
_NANOSECONDS = 1_000_000_000

Value = str | bool | int | float | list[str]
Attributes = dict[str, Value]


class OpenTelemetry(Observer):
    """Reports to the given providers, else to the global ones. Needs the extra `fairlead[otel]`.

    What people and models write is not recorded unless `content` is true, nor is what a provider
    says with an error. A span begins as a child of the span that is current where the call is made.
    """

    def __init__(
        self,
        *,
        tracer_provider: TracerProvider | None = None,
        meter_provider: MeterProvider | None = None,
        content: bool = False,
        attempts: bool = False,
    ) -> None:
        try:
            from opentelemetry import metrics, trace
        except ImportError as error:
            raise ConfigError(
                "OpenTelemetry is not installed; run pip install 'fairlead[otel]'"
            ) from error
        from fairlead import __version__

        self._tracer = trace.get_tracer(_NAME, __version__, tracer_provider)
        meter = metrics.get_meter(_NAME, __version__, meter_provider)
        self._meters = _Meters(
            meter.create_histogram(
                semconv.DURATION,
                "s",
                "GenAI operation duration.",
                explicit_bucket_boundaries_advisory=semconv.SECOND_BOUNDS,
            ),
            meter.create_histogram(
                semconv.TIME_TO_FIRST_CHUNK,
                "s",
                "Time to receive the first chunk.",
                explicit_bucket_boundaries_advisory=semconv.SECOND_BOUNDS,
            ),
            meter.create_histogram(
                semconv.TOKEN_USAGE,
                "{token}",
                "Number of input and output tokens used.",
                explicit_bucket_boundaries_advisory=semconv.TOKEN_BOUNDS,
            ),
        )
        self._content = content
        self._each_attempt = attempts
        # Weak, as an observer behind a queue that is full never hears of some ends.
        self._calls: WeakKeyDictionary[ObservedCall, Span] = WeakKeyDictionary()
        self._attempts: WeakKeyDictionary[ObservedAttempt, Span] = WeakKeyDictionary()

    def call_start(self, call: ObservedCall) -> None:
        from opentelemetry.trace import SpanKind

        attributes = _identity(call.operation, call.target)
        if call.stream and semconv.OPERATION in attributes:
            attributes[semconv.REQUEST_STREAM] = True
        self._calls[call] = self._tracer.start_span(
            _span_name(call),
            kind=SpanKind.CLIENT,
            attributes=attributes,
            start_time=_instant(call.began),
        )

    def call_stop(self, call: ObservedCall, end: CallEnd) -> None:
        self._end(call, end, None)

    def call_exception(self, call: ObservedCall, end: CallEnd, error: BaseException) -> None:
        self._end(call, end, type(error).__name__)

    def attempt_start(self, call: ObservedCall, begun: ObservedAttempt) -> None:
        if not self._each_attempt or call not in self._calls:
            return
        from opentelemetry.trace import set_span_in_context

        self._attempts[begun] = self._tracer.start_span(
            f"attempt {begun.target}",
            context=set_span_in_context(self._calls[call]),
            attributes={semconv.RESENDS: begun.number - 1},
            start_time=_instant(begun.began),
        )

    def attempt_stop(self, call: ObservedCall, begun: ObservedAttempt, attempt: Attempt) -> None:
        self._end_attempt(begun, attempt, None)

    def attempt_exception(
        self, call: ObservedCall, begun: ObservedAttempt, attempt: Attempt, error: BaseException
    ) -> None:
        self._end_attempt(begun, attempt, type(error).__name__)

    def _end(self, call: ObservedCall, end: CallEnd, failure: str | None) -> None:
        span = self._calls.pop(call, None)
        attributes = _identity(call.operation, end.receipt.target)
        answer = end.answer
        if model := getattr(answer, "model", None):
            attributes[semconv.RESPONSE_MODEL] = model
        if failure is not None:
            attributes[semconv.ERROR_TYPE] = failure
        if semconv.OPERATION in attributes:
            self._meters.record(call, end, attributes)
        if span is None or not span.is_recording():
            return
        span.set_attributes(attributes | _details(call, end))
        if self._content:
            span.set_attributes(_written(end))
        _finish(span, call.began + end.receipt.seconds, failure)

    def _end_attempt(self, begun: ObservedAttempt, attempt: Attempt, failure: str | None) -> None:
        span = self._attempts.pop(begun, None)
        if span is None:
            return
        if attempt.status is not None:
            span.set_attribute(semconv.STATUS_CODE, attempt.status)
        if failure is not None:
            span.set_attribute(semconv.ERROR_TYPE, failure)
        _finish(span, begun.began + (attempt.timings.total or 0.0), failure)


class _Meters:
    """The metrics."""

    def __init__(self, duration: Histogram, first_chunk: Histogram, tokens: Histogram) -> None:
        self._duration = duration
        self._first_chunk = first_chunk
        self._tokens = tokens

    def record(self, call: ObservedCall, end: CallEnd, attributes: Attributes) -> None:
        self._duration.record(end.receipt.seconds, attributes)
        first = _first_chunk(call, end)
        if first is not None:
            self._first_chunk.record(first, attributes)
        usage = end.usage
        if usage is None or usage.estimated:
            return
        plain = {key: value for key, value in attributes.items() if key != semconv.ERROR_TYPE}
        self._tokens.record(usage.input_tokens, plain | {semconv.TOKEN_TYPE: "input"})
        self._tokens.record(usage.output_tokens, plain | {semconv.TOKEN_TYPE: "output"})


def _identity(operation: str, target: str) -> Attributes:
    """What was asked of whom; nothing for a call that asks no model."""
    name = semconv.operation_name(operation)
    if name is None:
        return {}
    provider, _, model = target.partition("/")
    return {
        semconv.OPERATION: name,
        semconv.PROVIDER: semconv.provider_name(provider),
        semconv.REQUEST_MODEL: model,
    }


def _span_name(call: ObservedCall) -> str:
    name = semconv.operation_name(call.operation)
    if name is None:
        return f"{_NAME} {call.operation}"
    return f"{name} {call.target.partition('/')[2]}"


def _details(call: ObservedCall, end: CallEnd) -> Attributes:
    """All that a span says beside who was asked; no content."""
    found: Attributes = {}
    request, answer, usage = end.request, end.answer, end.usage
    for field, name in semconv.REQUEST_FIELDS.items():
        value = getattr(request, field, None)
        if value is not None:
            found[name] = value
    if stop := getattr(request, "stop", ()):
        found[semconv.REQUEST_STOP] = list(stop)
    if isinstance(answer, ChatResponse):
        found[semconv.RESPONSE_ID] = answer.id
        found[semconv.FINISH_REASONS] = [semconv.finish_reason(answer.finish_reason)]
    first = _first_chunk(call, end)
    if first is not None:
        found[semconv.FIRST_CHUNK] = first
    if len(end.receipt.attempts) > 1:
        found[semconv.RESENDS] = len(end.receipt.attempts) - 1
    return found | _tokens(usage)


def _tokens(usage: Usage | None) -> Attributes:
    """Cached tokens are part of the input, as the conventions have it."""
    if usage is None or usage.estimated:
        return {}
    found: Attributes = {
        semconv.INPUT_TOKENS: usage.input_tokens,
        semconv.OUTPUT_TOKENS: usage.output_tokens,
    }
    written = usage.cache_write + usage.cache_write_1h
    parts = {
        semconv.CACHE_READ: usage.cache_read,
        semconv.CACHE_WRITE: written,
        semconv.REASONING_TOKENS: usage.reasoning,
    }
    found.update({name: count for name, count in parts.items() if count})
    return found


def _written(end: CallEnd) -> Attributes:
    found: Attributes = {}
    request, answer = end.request, end.answer
    if isinstance(request, ChatRequest):
        found[semconv.INPUT_MESSAGES] = content.asked(request.messages)
        system = content.instructions(request.messages)
        if system is not None:
            found[semconv.SYSTEM_INSTRUCTIONS] = system
    if isinstance(answer, ChatResponse):
        found[semconv.OUTPUT_MESSAGES] = content.answered(answer.message, answer.finish_reason)
    return found


def _first_chunk(call: ObservedCall, end: CallEnd) -> float | None:
    """Seconds from the call's begin to the first content of a stream."""
    if not call.stream or not end.receipt.attempts:
        return None
    timings = end.receipt.attempts[-1].timings
    if timings.first_event is None or timings.total is None:
        return None
    return max(0.0, end.receipt.seconds - timings.total + timings.first_event)


def _finish(span: Span, ended: float, failure: str | None) -> None:
    from opentelemetry.trace import Status, StatusCode

    if failure is not None:
        span.set_status(Status(StatusCode.ERROR, failure))
    span.end(end_time=_instant(ended))


def _instant(seconds: float) -> int:
    return int(seconds * _NANOSECONDS)
