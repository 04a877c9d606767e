"""The operations beside chat, without a colour: from what is asked to calls of the engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec.structs import replace

from fairlead.caching import caching_of
from fairlead.dialects.registry import completion_dialect_named, operation_named
from fairlead.engine.call import Call
from fairlead.engine.codecs import ChatCodec, OperationCodec, SpeechCodec
from fairlead.errors import DecodeError, FairleadError, InvalidRequest
from fairlead.input_headers import checked_headers
from fairlead.inputs import ChatOptions, Messages, chat_request, checked_policy
from fairlead.models.advice import pricing
from fairlead.operation_inputs import (
    CallOptions,
    CompletionOptions,
    check_call_options,
    completion_request,
)
from fairlead.policies.totals import joined_receipts, total_cost, total_usage
from fairlead.routing import one_model, routed
from fairlead.types.operations import (
    Answer,
    CompletionRequest,
    EmbeddingRequest,
    EmbeddingResponse,
    ImageRequest,
    ImageResponse,
    RerankRequest,
    RerankResponse,
    Speech,
    SpeechRequest,
    TokenCount,
    Transcription,
    TranscriptionRequest,
)
from fairlead.types.routes import Model, called

if TYPE_CHECKING:
    from fairlead.core import Core
    from fairlead.engine.reply import Reply
    from fairlead.ports import Codec
    from fairlead.providers.registry import Resolved
    from fairlead.routing import Named
    from fairlead.types.events import Event
    from fairlead.types.responses import ChatResponse

E_ = TypeVar("E_")
R_ = TypeVar("R_")
Q_ = TypeVar("Q_")
A_ = TypeVar("A_", bound=Answer)


class Operations:
    """Shares the providers, the settings and the stack of a `Core`."""

    def __init__(self, core: Core) -> None:
        self._core = core

    async def embed(
        self, model: Model, request: EmbeddingRequest, options: CallOptions
    ) -> EmbeddingResponse:
        """In as many requests as the provider's limit asks for, one after another."""
        named = self._core.routes.find(model)
        if named is not None:
            return await self._embed_along(named, request, options)
        resolved = await self._core.located(str(model), "embeddings")
        parts = _batches(request, resolved.target.quirks.embedding_batch)
        answers: list[EmbeddingResponse] = []
        allowed = self._core.allowed(options.get("deadline"), resolved.provider.timeouts.total)
        until = self._core.now() + allowed
        for part in parts:
            left = until - self._core.now()
            try:
                answer: EmbeddingResponse = await self._whole(
                    resolved, "embeddings", part, options, allowed=left
                )
            except FairleadError as error:
                _account(error, answers)
                raise
            keep = answer if len(parts) == 1 else replace(answer, raw=_without_body(answer))
            answers.append(keep)
        return answers[0] if len(answers) == 1 else _merged(answers)

    async def _embed_along(
        self, named: Named, request: EmbeddingRequest, options: CallOptions
    ) -> EmbeddingResponse:
        """In one request: parts of one answer must not come from several targets."""
        sizes = one_model(named, self._core.registry)
        if len(request.inputs) > min(sizes):
            raise InvalidRequest(
                f"a route takes at most {min(sizes)} texts at once; embed the rest in further calls"
            )
        answer: EmbeddingResponse = await self._answer(named.route, "embeddings", request, options)
        return answer

    async def rerank(
        self, model: Model, request: RerankRequest, options: CallOptions
    ) -> RerankResponse:
        answer: RerankResponse = await self._answer(model, "rerank", request, options)
        return answer

    async def transcribe(
        self, model: Model, request: TranscriptionRequest, options: CallOptions
    ) -> Transcription:
        answer: Transcription = await self._answer(model, "transcription", request, options)
        return answer

    async def image(
        self, model: Model, request: ImageRequest, options: CallOptions
    ) -> ImageResponse:
        answer: ImageResponse = await self._answer(model, "image", request, options)
        return answer

    async def count_tokens(
        self, model: Model, messages: Messages, options: ChatOptions
    ) -> TokenCount:
        request = chat_request(called(model), messages, options)
        given: CallOptions = {}
        for name in ("extra_headers", "deadline", "unsupported", "cache", "cache_ttl"):
            if name in options:
                given[name] = options[name]
        answer: TokenCount = await self._answer(model, "count_tokens", request, given)
        return answer

    async def speak(
        self, model: Model, request: SpeechRequest, options: CallOptions
    ) -> Reply[bytes, Speech]:
        """A committed reply of pieces of audio."""
        call: Call[bytes, Speech] = await self._bound(
            model,
            "speech",
            lambda resolved: SpeechCodec(self._codec(resolved, "speech", request, options)),
            options,
            stream=True,
        )
        return await self._core.handle(call)

    async def complete(
        self, model: Model, prompt: str, suffix: str | None, options: CompletionOptions
    ) -> ChatResponse:
        reply = await self._completion(model, prompt, suffix, options, stream=False)
        return reply.result()

    async def stream_completion(
        self, model: Model, prompt: str, suffix: str | None, options: CompletionOptions
    ) -> Reply[Event, ChatResponse]:
        return await self._completion(model, prompt, suffix, options, stream=True)

    def prepare(
        self,
        model: str,
        operation: str,
        request: object,
        options: CallOptions,
        *,
        stream: bool = False,
    ) -> tuple[list[Codec[Any, Any]], Resolved]:
        """The requests that would be sent, in their order and without credential; for a dry run.

        Raises what would be found before sending. `stream` is for completions.
        """
        if isinstance(request, CompletionRequest):
            resolved = self._resolved(model, _completion_route(request.suffix))
            return [self._completion_codec(resolved, request, options, stream=stream)], resolved
        resolved = self._resolved(model, operation)
        parts = [request]
        if isinstance(request, EmbeddingRequest):
            parts = [*_batches(request, resolved.target.quirks.embedding_batch)]
        codecs = [self._codec(resolved, operation, part, options) for part in parts]
        if operation == "speech":
            return [SpeechCodec(codec) for codec in codecs], resolved
        return [*codecs], resolved

    def _resolved(self, model: str, operation: str) -> Resolved:
        """Where a request would go, without starting the embedded server that might get it."""
        resolved = self._core.resolve(model, operation)
        if resolved.provider.embedded:
            from fairlead.local.catalog import check_operation

            check_operation(resolved.target.model, resolved.target.operation)
        return resolved

    async def _completion(
        self,
        model: Model,
        prompt: str,
        suffix: str | None,
        options: CompletionOptions,
        *,
        stream: bool,
    ) -> Reply[Event, ChatResponse]:
        check_call_options(options, CompletionOptions)
        request = completion_request(called(model), prompt, suffix, options)
        call: Call[Event, ChatResponse] = await self._bound(
            model,
            _completion_route(suffix),
            lambda resolved: self._completion_codec(resolved, request, options, stream=stream),
            options,
            stream=stream,
        )
        return await self._core.handle(call)

    async def _bound(
        self,
        model: Model,
        place: str,
        encode: Callable[[Resolved], Codec[E_, R_]],
        options: CallOptions,
        *,
        stream: bool,
    ) -> Call[E_, R_]:
        """A call for `place`, an operation or `infill`, to one target or along a route."""

        async def make(_model: str, resolved: Resolved) -> Call[E_, R_]:
            resolved = await self._core.running(resolved)
            operation = "completion" if place == "infill" else place
            return self._call(operation, resolved, encode(resolved), options, stream=stream)

        named = self._core.routes.find(model)
        if named is not None:
            return await routed(self._core, named, make, operation=place)
        return await make("", self._core.resolve(model, place))

    async def _answer(
        self, model: Model, operation: str, request: object, options: CallOptions
    ) -> Any:
        call: Call[Any, Any] = await self._bound(
            model,
            operation,
            lambda resolved: self._codec(resolved, operation, request, options),
            options,
            stream=False,
        )
        return (await self._core.handle(call)).result()

    async def _whole(
        self,
        resolved: Resolved,
        operation: str,
        request: object,
        options: CallOptions,
        *,
        allowed: float | None = None,
    ) -> Any:
        codec = self._codec(resolved, operation, request, options)
        call = self._call(operation, resolved, codec, options, stream=False, allowed=allowed)
        return (await self._core.handle(call)).result()

    def _codec(
        self, resolved: Resolved, operation: str, request: object, options: CallOptions
    ) -> OperationCodec[Any, Any]:
        check_call_options(options)
        return OperationCodec(
            operation_named(operation, resolved.target.dialect),
            request,
            resolved.target,
            unsupported=self._policy(options),
            extra_headers=checked_headers(options.get("extra_headers")),
        )

    def _completion_codec(
        self, resolved: Resolved, request: CompletionRequest, options: CallOptions, *, stream: bool
    ) -> ChatCodec[CompletionRequest]:
        return ChatCodec(
            completion_dialect_named(resolved.target.dialect),
            request,
            resolved.target,
            stream=stream,
            unsupported=self._policy(options),
            limits=self._core.settings.limits,
            extra_headers=checked_headers(options.get("extra_headers")),
        )

    def _call(
        self,
        operation: str,
        resolved: Resolved,
        codec: Codec[E_, R_],
        options: CallOptions,
        *,
        stream: bool,
        allowed: float | None = None,
    ) -> Call[E_, R_]:
        timeouts = resolved.provider.timeouts
        usual = timeouts.stream_total if stream else timeouts.total
        if allowed is None:
            allowed = self._core.allowed(options.get("deadline"), usual)
        call: Call[E_, R_] = Call(
            operation=operation,
            target=resolved.target.label,
            codec=codec,
            credential=resolved.credential,
            stream=stream,
            timeouts=timeouts,
            limits=self._core.settings.limits,
            started=self._core.now(),
            allowed=allowed,
            whole_timeout=timeouts.total,
            price=pricing(resolved, options),
            billing=(
                None
                if operation == "count_tokens"
                else self._core.billing(resolved, codec, options)
            ),
        )
        if stream and operation == "completion":
            call.drain = self._core.settings.streams.drain
        policy = self._core.settings.cache
        call.caching = caching_of(policy, resolved, codec.asked, options, operation=operation)
        return call

    def _policy(self, options: CallOptions) -> Any:
        return checked_policy(options.get("unsupported") or self._core.settings.unsupported)


def _completion_route(suffix: str | None) -> str:
    """With a suffix it is a route of its own, where a provider has one for that."""
    return "completion" if suffix is None else "infill"


def _batches(request: EmbeddingRequest, size: int) -> list[EmbeddingRequest]:
    """The request in pieces of at most `size` texts."""
    starts = range(0, len(request.inputs), size)
    return [replace(request, inputs=request.inputs[at : at + size]) for at in starts]


def _without_body(answer: Answer) -> Any:
    """Of many bodies none is kept: together they would be larger than what they say."""
    return replace(answer.raw, body=None)


def _merged(answers: Sequence[EmbeddingResponse]) -> EmbeddingResponse:
    """One answer of many requests: vectors in order, usage and attempts added up."""
    last = answers[-1]
    lengths = {len(vector) for answer in answers for vector in answer.embeddings}
    if len(lengths) > 1:
        raise DecodeError(f"the provider answered with vectors of {sorted(lengths)} numbers")
    return replace(
        last,
        embeddings=tuple(vector for answer in answers for vector in answer.embeddings),
        usage=total_usage([answer.usage for answer in answers]),
        cost=total_cost([answer.cost for answer in answers]),
        warnings=tuple(dict.fromkeys(w for answer in answers for w in answer.warnings)),
        receipt=joined_receipts([answer.receipt for answer in answers]),
    )


def _account(error: FairleadError, before: Sequence[EmbeddingResponse]) -> None:
    """Tell of the requests that went well, and are billed, before the one that failed."""
    if before and error.receipt is not None:
        error.receipt = joined_receipts([*(answer.receipt for answer in before), error.receipt])
