"""What a call sends and how its answer is read: a dialect bound to one request, or plain JSON."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Generic, Never, TypeVar

import msgspec
from msgspec.structs import replace

from fairlead.dialects.classify import classify, error_fields
from fairlead.dialects.jsontext import untyped
from fairlead.errors import ApiError, DecodeError, FairleadError, ResponseTooLarge
from fairlead.framing.ndjson import NdjsonParser
from fairlead.framing.sse import SseParser
from fairlead.types.events import Event
from fairlead.types.http import Headers, HttpRequest
from fairlead.types.messages import Message
from fairlead.types.operations import Answer, EmbeddingRequest, RerankRequest, Speech, SpeechRequest
from fairlead.types.plain import PostResponse, ServerEvent
from fairlead.types.receipts import Receipt
from fairlead.types.responses import ChatResponse, RawResponse

if TYPE_CHECKING:
    from fairlead.ports import Decoder, Dialect, Limits, Operation
    from fairlead.types.requests import UnsupportedPolicy
    from fairlead.types.targets import Target
    from fairlead.types.usage import Usage

Q_ = TypeVar("Q_")
A_ = TypeVar("A_", bound=Answer)

Pairs = tuple[tuple[str, str], ...]

_JSON: Pairs = (("content-type", "application/json"), ("accept", "application/json"))
_STREAM: Pairs = (("content-type", "application/json"), ("accept", "text/event-stream"))


class ChatCodec(Generic[Q_]):
    """A request for a model's words, in those of its target's dialect. Encoded when it is made."""

    __slots__ = ("_dialect", "_limits", "_request", "_sent", "_target", "dropped", "warnings")

    def __init__(
        self,
        dialect: Dialect[Q_],
        request: Q_,
        target: Target,
        *,
        stream: bool,
        unsupported: UnsupportedPolicy,
        limits: Limits,
        extra_headers: Pairs = (),
    ) -> None:
        encoded = dialect.encode(request, target, stream=stream, unsupported=unsupported)
        self._dialect = dialect
        self._request = request
        self._target = target
        self._limits = limits
        self.warnings = encoded.warnings
        self.dropped = encoded.dropped
        headers = _merged(target.headers, encoded.headers)
        headers = _merged(_STREAM if stream else _JSON, headers)
        url = target.stream_url if stream and target.stream_url else target.url
        self._sent = HttpRequest(
            "POST", url, _merged(headers, extra_headers), encoded.body, not stream
        )

    has_terminal_event = True

    @property
    def asked(self) -> Q_:
        return self._request

    def request(self) -> HttpRequest:
        return self._sent

    def decoder(self) -> Decoder[Event, ChatResponse]:
        return self._dialect.decoder(self._request, self._target, self._limits)

    def decode_error(self, status: int, headers: Headers, body: bytes) -> ApiError:
        return self._dialect.decode_error(status, headers, body, self._target)


class OperationCodec(Generic[Q_, A_]):
    """A request of another operation than chat, bound to its target. Its answer comes whole."""

    __slots__ = ("_operation", "_request", "_sent", "_target", "dropped", "warnings")

    def __init__(
        self,
        operation: Operation[Q_, A_],
        request: Q_,
        target: Target,
        *,
        unsupported: UnsupportedPolicy,
        extra_headers: Pairs = (),
    ) -> None:
        encoded = operation.encode(request, target, unsupported=unsupported)
        self._operation = operation
        self._request = request
        self._target = target
        self.warnings = encoded.warnings
        self.dropped = encoded.dropped
        headers = _merged(_JSON, _merged(target.headers, encoded.headers))
        self._sent = HttpRequest(
            "POST",
            target.url,
            _merged(headers, extra_headers),
            encoded.body,
            True,
            replayable=isinstance(request, EmbeddingRequest | RerankRequest),
        )

    has_terminal_event = True

    @property
    def asked(self) -> Q_:
        return self._request

    def request(self) -> HttpRequest:
        return self._sent

    def decoder(self) -> OperationDecoder[A_]:
        return OperationDecoder(self._decode)

    def decode_error(self, status: int, headers: Headers, body: bytes) -> ApiError:
        return self._operation.decode_error(status, headers, body, self._target)

    def _decode(self, body: bytes) -> A_:
        return self._operation.decode(body, self._request, self._target)


class OperationDecoder(Generic[A_]):
    """Reads one whole body; there are no events."""

    __slots__ = ("_answer", "_decode", "_pieces", "failure", "finished")

    def __init__(self, decode: Callable[[bytes], A_]) -> None:
        self._decode = decode
        self._answer: A_ | None = None
        self._pieces: list[bytes] = []
        self.failure: FairleadError | None = None
        self.finished = False

    def feed(self, data: bytes) -> Sequence[Never]:
        self._pieces.append(data)
        return ()

    def close(self) -> Sequence[Never]:
        return self.whole(b"".join(self._pieces))

    def whole(self, body: bytes) -> Sequence[Never]:
        try:
            self._answer = self._decode(body)
            self.finished = True
        except FairleadError as error:
            self.failure = error
        return ()

    @property
    def answer(self) -> A_:
        """What was read; only after `finished`."""
        assert self._answer is not None, "only a finished answer can be asked for"
        return self._answer

    def partial(self) -> tuple[Message, Usage | None]:
        return Message("assistant", ()), None

    def result(self, *, receipt: Receipt, raw: RawResponse, warnings: tuple[str, ...]) -> A_:
        answer = self.answer
        return replace(answer, receipt=receipt, raw=raw, warnings=(*warnings, *answer.warnings))


class SpeechCodec:
    """A request for audio, which is handed on as it comes, unless it is wrapped in JSON."""

    __slots__ = ("_inner", "_sent", "dropped", "warnings")

    def __init__(self, inner: OperationCodec[SpeechRequest, Speech]) -> None:
        self._inner = inner
        self.warnings = inner.warnings
        self.dropped = inner.dropped
        sent = inner.request()
        headers = _merged(sent.headers, (("accept", "*/*"),))
        self._sent = replace(sent, headers=headers, whole=False)

    has_terminal_event = False

    @property
    def asked(self) -> SpeechRequest:
        return self._inner.asked

    def request(self) -> HttpRequest:
        return self._sent

    def decoder(self) -> SpeechDecoder:
        return SpeechDecoder(self._inner.decoder())

    def decode_error(self, status: int, headers: Headers, body: bytes) -> ApiError:
        return self._inner.decode_error(status, headers, body)


class SpeechDecoder:
    """Pieces of audio are the events. Only the connection's own end ends them."""

    __slots__ = ("_inner", "failure", "finished")

    def __init__(self, inner: OperationDecoder[Speech]) -> None:
        self._inner = inner
        self.failure: FairleadError | None = None
        self.finished = False

    def feed(self, data: bytes) -> Sequence[bytes]:
        return (data,)

    def close(self) -> Sequence[bytes]:
        self.finished = True
        return ()

    def whole(self, body: bytes) -> Sequence[bytes]:
        self._inner.whole(body)
        self.failure, self.finished = self._inner.failure, self._inner.finished
        return (self._inner.answer.audio,) if self.finished else ()

    def partial(self) -> tuple[Message, Usage | None]:
        return self._inner.partial()

    def result(self, *, receipt: Receipt, raw: RawResponse, warnings: tuple[str, ...]) -> Speech:
        """Without the audio, which was handed on."""
        if self._inner.finished:
            said = self._inner.result(receipt=receipt, raw=raw, warnings=warnings)
            return replace(said, audio=b"", raw=replace(raw, body=None))
        media_type = Headers(raw.headers).get("content-type") or "application/octet-stream"
        return Speech(media_type=media_type, receipt=receipt, raw=raw, warnings=warnings)


class PlainCodec:
    """JSON in, JSON or events out, with no meaning attached."""

    __slots__ = ("_limits", "_sent", "_target", "dropped", "warnings")

    def __init__(
        self,
        method: str,
        url: str,
        body: bytes | None,
        *,
        target: str,
        stream: bool,
        limits: Limits,
        headers: Pairs = (),
    ) -> None:
        self._target = target
        self._limits = limits
        self.warnings: tuple[str, ...] = ()
        self.dropped: tuple[str, ...] = ()
        base = (_STREAM if stream else _JSON)[0 if body is not None else 1 :]
        self._sent = HttpRequest(
            method, url, _merged(base, headers), body, not stream, replayable=method == "GET"
        )

    has_terminal_event = False
    asked = None

    def request(self) -> HttpRequest:
        return self._sent

    def decoder(self) -> PlainDecoder:
        return PlainDecoder(self._limits)

    def decode_error(self, status: int, headers: Headers, body: bytes) -> ApiError:
        message, code, kind = error_fields(body)
        return classify(
            message,
            status=status,
            target=self._target,
            code=code,
            kind=kind,
            headers=headers,
            body=body,
        )


class PlainDecoder:
    """Frames become events. Only the connection's own end ends the stream: no event is terminal."""

    __slots__ = ("_data", "_limits", "_lines", "_sse", "_total", "failure", "finished")

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._sse = SseParser(limits.line, limits.event)
        self._lines: NdjsonParser | None = None
        self._data: object = None
        self._total = 0
        self.failure: FairleadError | None = None
        self.finished = False

    def feed(self, data: bytes) -> Sequence[ServerEvent]:
        if self._total == 0 and data.lstrip()[:1] == b"{":
            self._lines = NdjsonParser(self._limits.event)
        self._total += len(data)
        try:
            if self._total > self._limits.total:
                raise ResponseTooLarge(f"the stream is longer than {self._limits.total:,} bytes")
            events = self._events(data)
            self.failure = self._sse.overflow
            return events
        except ResponseTooLarge as error:
            self.failure = error
            return ()

    def close(self) -> Sequence[ServerEvent]:
        self.finished = True
        if self._lines is not None:
            return [ServerEvent(_text(line)) for line in self._lines.close()]
        return [_event(*frame) for frame in self._sse.close()]

    def whole(self, body: bytes) -> Sequence[ServerEvent]:
        try:
            if body.strip():
                self._data = _decode(body)
            self.finished = True
        except DecodeError as error:
            self.failure = error
        return ()

    def partial(self) -> tuple[Message, Usage | None]:
        return Message("assistant", ()), None

    def result(
        self, *, receipt: Receipt, raw: RawResponse, warnings: tuple[str, ...]
    ) -> PostResponse:
        return PostResponse(self._data, receipt, raw, warnings)

    def _events(self, data: bytes) -> Sequence[ServerEvent]:
        if self._lines is not None:
            return [ServerEvent(_text(line)) for line in self._lines.feed(data)]
        return [_event(*frame) for frame in self._sse.feed(data)]


def _decode(body: bytes) -> object:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return untyped(body)


def _event(name: bytes, data: bytes, last_id: bytes) -> ServerEvent:
    return ServerEvent(_text(data), _text(name) or "message", _text(last_id))


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _merged(base: Pairs, extra: Pairs) -> Pairs:
    """`extra` wins over a header of the same name."""
    if not extra:
        return base
    names = {name.lower() for name, _ in extra}
    return tuple(pair for pair in base if pair[0].lower() not in names) + extra
