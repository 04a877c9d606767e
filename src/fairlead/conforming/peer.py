"""The server under test: asked in a dialect's words or in raw bytes, and read byte for byte."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Unpack

import msgspec

from fairlead.conforming.answer import Answer
from fairlead.conforming.wishes import Wishes, request_of
from fairlead.dialects.registry import dialect_named
from fairlead.engine.runtime import BlockingRuntime, drive
from fairlead.errors import BadRequestError, DecodeError
from fairlead.ports import Limits, Timeouts
from fairlead.types.events import TextDelta
from fairlead.types.http import REDACTED, HttpRequest
from fairlead.types.receipts import Receipt
from fairlead.types.responses import RawResponse
from fairlead.types.targets import Quirks, Target

if TYPE_CHECKING:
    from fairlead.auth.secret import Secret
    from fairlead.conforming.protocol import Protocol
    from fairlead.ports import Transport
    from fairlead.types.requests import ChatRequest
    from fairlead.types.responses import ChatResponse

_JSON = ("content-type", "application/json")
_EVENTS = ("accept", "text/event-stream")


class Peer:
    """One server, one protocol, one model. Answers that several checks need are kept."""

    def __init__(
        self,
        protocol: Protocol,
        base: str,
        model: str,
        key: Secret | None,
        transport: Transport,
        *,
        timeouts: Timeouts,
        costly: bool,
    ) -> None:
        self.protocol = protocol
        self.model = model
        self.keyed = key is not None
        self.costly = costly
        self.now = BlockingRuntime.now
        self._base = base
        self._url = protocol.url(base, protocol.path)
        self._key = key
        self._transport = transport
        self._timeouts = timeouts
        self._temperature: float | None = 0.0
        self._quirks = Quirks()
        self._dialect = dialect_named(protocol.name)
        self._kept: dict[bytes, Answer] = {}

    @cached_property
    def whole(self) -> Answer:
        """The plainest question, answered whole.

        Some models refuse a temperature, or want the limit by its newer name; that is learned here.
        """
        try:
            return self.ask()
        except BadRequestError as error:
            told = str(error)
            if "max_completion_tokens" in told:
                self._quirks = Quirks(max_tokens="max_completion_tokens")
            elif "temperature" in told:
                self._temperature = None
            else:
                raise
        return self.ask()

    @cached_property
    def streamed(self) -> Answer:
        """The same, streamed."""
        return self.ask(stream=True)

    def ask(self, *, stream: bool = False, **wishes: Unpack[Wishes]) -> Answer:
        """Ask in the dialect's words. Raises `ApiError` for a refusal, `UnsupportedFeature`."""
        request = self.request(**wishes)
        answer = self.send(self._encoded(request, stream=stream), stream=stream, asked=request)
        if not answer.ok:
            target = self._target()
            raise self._dialect.decode_error(answer.status, answer.headers, answer.body, target)
        return answer

    def ask_once(self, *, stream: bool = False, **wishes: Unpack[Wishes]) -> Answer:
        """The same for a question that several checks ask: models are slow, and cost money."""
        body = self._encoded(self.request(**wishes), stream=stream)
        if body not in self._kept:
            self._kept[body] = self.ask(stream=stream, **wishes)
        return self._kept[body]

    def request(self, **wishes: Unpack[Wishes]) -> ChatRequest:
        """The plainest question, and what a check wants to be different."""
        if self._temperature is None:
            wishes["temperature"] = None
        return request_of(self.model, wishes)

    def fields(self, *, stream: bool = False, **wishes: Unpack[Wishes]) -> dict[str, object]:
        """The body of such a request, to be changed and sent."""
        body = self._encoded(self.request(**wishes), stream=stream)
        found: dict[str, object] = msgspec.json.decode(body)
        return found

    def read(self, answer: Answer) -> ChatResponse:
        """An answer through the dialect. Raises what is wrong with it."""
        assert answer.asked is not None, "only what was asked in neutral words is read"
        decoder = self._dialect.decoder(answer.asked, self._target(), Limits())
        if answer.kind == "text/event-stream":
            decoder.feed(answer.body)
            decoder.close()
        else:
            decoder.whole(answer.body)
        if decoder.failure is not None:
            raise decoder.failure
        if not decoder.finished:
            raise DecodeError("the answer is incomplete")
        raw = RawResponse(answer.status, answer.headers.pairs)
        return decoder.result(receipt=Receipt("chat", self.model), raw=raw, warnings=())

    def pieces(self, answer: Answer) -> int:
        """In how many events the text of a streamed answer came."""
        assert answer.asked is not None, "only what was asked in neutral words is read"
        decoder = self._dialect.decoder(answer.asked, self._target(), Limits())
        return sum(isinstance(event, TextDelta) for event in decoder.feed(answer.body))

    def send(
        self,
        body: bytes | dict[str, object],
        *,
        stream: bool = False,
        asked: ChatRequest | None = None,
        key: str | None = None,
        keyless: bool = False,
    ) -> Answer:
        """Send bytes, or fields as JSON; any status is an answer. `key` replaces the own."""
        data = body if isinstance(body, bytes) else msgspec.json.encode(body)
        kinds = (_JSON, _EVENTS) if stream else (_JSON,)
        headers = self._headers
        return self._exchange(
            HttpRequest("POST", self._url, headers(*kinds, key=key, keyless=keyless), data), asked
        )

    def get(self, path: str) -> Answer:
        """Another resource of the same server, such as its list of models."""
        url = self.protocol.url(self._base, path)
        return self._exchange(HttpRequest("GET", url, self._headers()), None)

    def leave_early(self, **wishes: Unpack[Wishes]) -> bytes:
        """Begin to read a stream and close it with its first bytes, which are returned."""
        body = self._encoded(self.request(**wishes), stream=True)
        request = HttpRequest("POST", self._url, self._headers(_JSON, _EVENTS), body)
        return drive(self._first_bytes(request))

    def redacted(self, text: str) -> str:
        """`text` without the key, which a server may have sent back."""
        return text if self._key is None else text.replace(self._key.reveal(), REDACTED)

    def _headers(
        self, *kinds: tuple[str, str], key: str | None = None, keyless: bool = False
    ) -> tuple[tuple[str, str], ...]:
        """Those of every request: `kinds`, the protocol's, and the key's unless there is none."""
        base = (*kinds, *self.protocol.headers)
        if keyless or (key is None and self._key is None):
            return base
        return (*base, *self.protocol.key_headers(key if key is not None else self._revealed()))

    def _revealed(self) -> str:
        return "" if self._key is None else self._key.reveal()

    def _target(self) -> Target:
        return Target("server", self.model, "chat", self.protocol.name, self._url, self._quirks)

    def _encoded(self, request: ChatRequest, *, stream: bool) -> bytes:
        encoded = self._dialect.encode(request, self._target(), stream=stream, unsupported="error")
        assert isinstance(encoded.body, bytes), "chat bodies are held in memory"
        return encoded.body

    def _exchange(self, request: HttpRequest, asked: ChatRequest | None) -> Answer:
        return drive(self._answered(request, asked))

    async def _answered(self, request: HttpRequest, asked: ChatRequest | None) -> Answer:
        started = self.now()
        deadline = started + self._timeouts.total
        send = self._transport.send
        response = await send(request, deadline=deadline, timeouts=self._timeouts)
        try:
            pieces = []
            while piece := await response.read(deadline):
                pieces.append(piece)
        finally:
            await response.aclose()
        body = b"".join(pieces)
        return Answer(response.status, response.headers, body, self.now() - started, asked)

    async def _first_bytes(self, request: HttpRequest) -> bytes:
        deadline = self.now() + self._timeouts.total
        send = self._transport.send
        response = await send(request, deadline=deadline, timeouts=self._timeouts)
        try:
            return await response.read(deadline)
        finally:
            await response.aclose()
