"""The operations beside chat, in both colours; `Client` and `AsyncClient` inherit them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Unpack

from fairlead.engine.runtime import drive
from fairlead.inputs import ChatOptions, Messages
from fairlead.operation_inputs import (
    AudioInput,
    CallOptions,
    CompletionOptions,
    embedding_request,
    image_request,
    rerank_request,
    speech_request,
    transcription_request,
)
from fairlead.operations import Operations
from fairlead.speech import AsyncSpeechStream, SpeechStream
from fairlead.stream import AsyncStream, Stream
from fairlead.types.operations import (
    AudioFormat,
    EmbeddingResponse,
    ImageResponse,
    InputType,
    RerankResponse,
    TokenCount,
    Transcription,
)
from fairlead.types.responses import ChatResponse
from fairlead.types.routes import Model, called
from fairlead.versions import Versioned


class OperationMethods(Versioned):
    """Waits for each answer. Every method raises like `chat`."""

    @property
    def _operations(self) -> Operations:
        return Operations(self._core)

    def embed(
        self,
        model: Model,
        inputs: str | Sequence[str],
        *,
        dimensions: int | None = None,
        input_type: InputType | None = None,
        **options: Unpack[CallOptions],
    ) -> EmbeddingResponse:
        """One vector for each text of `inputs`, in their order.

        More texts than the provider takes at once go in several requests, of which the receipt
        lists all. `dimensions` is the length of the vectors, refused where it cannot be chosen;
        `input_type` says what they are for, where the model makes a difference.
        Source of the names: OpenAI's and Cohere's embeddings APIs.
        """
        request = embedding_request(called(model), inputs, dimensions, input_type, options)
        return drive(self._operations.embed(model, request, options))

    def rerank(
        self,
        model: Model,
        query: str,
        documents: Sequence[str],
        *,
        top_n: int | None = None,
        **options: Unpack[CallOptions],
    ) -> RerankResponse:
        """The documents in the order of how well they answer `query`, best first.

        `top_n` bounds how many come back. Source of the names: Cohere's rerank API.
        """
        request = rerank_request(called(model), query, documents, top_n, options)
        return drive(self._operations.rerank(model, request, options))

    def transcribe(
        self,
        model: Model,
        audio: AudioInput,
        *,
        language: str | None = None,
        prompt: str | None = None,
        temperature: float | None = None,
        timestamps: Literal["word", "segment"] | None = None,
        **options: Unpack[CallOptions],
    ) -> Transcription:
        """What is said in `audio`: a path, bytes, or an `Audio` part.

        A file is streamed from disk, never read into memory. `language` is an ISO 639-1 code;
        `timestamps` asks for times of words or segments. Source: OpenAI's transcription API.
        """
        request = transcription_request(
            called(model),
            audio,
            language=language,
            prompt=prompt,
            temperature=temperature,
            timestamps=timestamps,
            options=options,
        )
        return drive(self._operations.transcribe(model, request, options))

    def image(
        self,
        model: Model,
        prompt: str,
        *,
        n: int | None = None,
        size: str | None = None,
        quality: str | None = None,
        **options: Unpack[CallOptions],
    ) -> ImageResponse:
        """`n` pictures of what `prompt` describes, `size` such as `1024x1024` pixels.

        Source of the names: OpenAI's images API.
        """
        request = image_request(
            called(model), prompt, n=n, size=size, quality=quality, options=options
        )
        return drive(self._operations.image(model, request, options))

    def count_tokens(
        self, model: Model, messages: Messages, **options: Unpack[ChatOptions]
    ) -> TokenCount:
        """How many tokens `model` would read, in the provider's own counting.

        The arguments are those of `chat`; nothing is generated or billed.
        """
        return drive(self._operations.count_tokens(model, messages, options))

    def complete(
        self,
        model: Model,
        prompt: str,
        suffix: str | None = None,
        **options: Unpack[CompletionOptions],
    ) -> ChatResponse:
        """Text that goes on where `prompt` ends, up to `suffix` where one is given.

        The answer is of the same type as that of `chat`. Source: OpenAI's completions API.
        """
        return drive(self._operations.complete(model, prompt, suffix, options))

    def stream_completion(
        self,
        model: Model,
        prompt: str,
        suffix: str | None = None,
        **options: Unpack[CompletionOptions],
    ) -> Stream:
        """Complete as `complete` does, and read the text while it comes, as with `stream`."""
        return Stream(lambda: self._operations.stream_completion(model, prompt, suffix, options))

    def speak(
        self,
        model: Model,
        text: str,
        *,
        voice: str | None = None,
        format: AudioFormat | None = None,  # noqa: A002  # the field's own word
        speed: float | None = None,
        instructions: str | None = None,
        **options: Unpack[CallOptions],
    ) -> SpeechStream:
        """`text` spoken aloud: iterate it, or use `.save(path)` or `.read()`.

        The request is sent by the first of these. `speed` is a factor of the usual pace,
        `instructions` say how to speak. Source of the names: OpenAI's speech API.
        """
        request = speech_request(
            called(model),
            text,
            voice=voice,
            format=format,
            speed=speed,
            instructions=instructions,
            options=options,
        )
        return SpeechStream(lambda: self._operations.speak(model, request, options))


class AsyncOperationMethods(Versioned):
    """Operations beside chat, on the running asyncio loop."""

    @property
    def _operations(self) -> Operations:
        return Operations(self._core)

    async def embed(
        self,
        model: Model,
        inputs: str | Sequence[str],
        *,
        dimensions: int | None = None,
        input_type: InputType | None = None,
        **options: Unpack[CallOptions],
    ) -> EmbeddingResponse:
        """One vector for each text of `inputs`, in their order.

        More texts than the provider takes at once go in several requests, of which the receipt
        lists all. `dimensions` is the length of the vectors, refused where it cannot be chosen;
        `input_type` says what they are for, where the model makes a difference.
        Source of the names: OpenAI's and Cohere's embeddings APIs.
        """
        request = embedding_request(called(model), inputs, dimensions, input_type, options)
        return await self._operations.embed(model, request, options)

    async def rerank(
        self,
        model: Model,
        query: str,
        documents: Sequence[str],
        *,
        top_n: int | None = None,
        **options: Unpack[CallOptions],
    ) -> RerankResponse:
        """The documents in the order of how well they answer `query`, best first.

        `top_n` bounds how many come back. Source of the names: Cohere's rerank API.
        """
        request = rerank_request(called(model), query, documents, top_n, options)
        return await self._operations.rerank(model, request, options)

    async def transcribe(
        self,
        model: Model,
        audio: AudioInput,
        *,
        language: str | None = None,
        prompt: str | None = None,
        temperature: float | None = None,
        timestamps: Literal["word", "segment"] | None = None,
        **options: Unpack[CallOptions],
    ) -> Transcription:
        """What is said in `audio`: a path, bytes, or an `Audio` part.

        A file is streamed from disk, never read into memory. `language` is an ISO 639-1 code;
        `timestamps` asks for times of words or segments. Source: OpenAI's transcription API.
        """
        request = transcription_request(
            called(model),
            audio,
            language=language,
            prompt=prompt,
            temperature=temperature,
            timestamps=timestamps,
            options=options,
        )
        return await self._operations.transcribe(model, request, options)

    async def image(
        self,
        model: Model,
        prompt: str,
        *,
        n: int | None = None,
        size: str | None = None,
        quality: str | None = None,
        **options: Unpack[CallOptions],
    ) -> ImageResponse:
        """`n` pictures of what `prompt` describes, `size` such as `1024x1024` pixels.

        Source of the names: OpenAI's images API.
        """
        request = image_request(
            called(model), prompt, n=n, size=size, quality=quality, options=options
        )
        return await self._operations.image(model, request, options)

    async def count_tokens(
        self, model: Model, messages: Messages, **options: Unpack[ChatOptions]
    ) -> TokenCount:
        """How many tokens `model` would read, in the provider's own counting.

        The arguments are those of `chat`; nothing is generated or billed.
        """
        return await self._operations.count_tokens(model, messages, options)

    async def complete(
        self,
        model: Model,
        prompt: str,
        suffix: str | None = None,
        **options: Unpack[CompletionOptions],
    ) -> ChatResponse:
        """Text that goes on where `prompt` ends, up to `suffix` where one is given.

        The answer is of the same type as that of `chat`. Source: OpenAI's completions API.
        """
        return await self._operations.complete(model, prompt, suffix, options)

    def stream_completion(
        self,
        model: Model,
        prompt: str,
        suffix: str | None = None,
        **options: Unpack[CompletionOptions],
    ) -> AsyncStream:
        """Complete as `complete` does, and read the text while it comes, as with `stream`."""
        return AsyncStream(
            lambda: self._operations.stream_completion(model, prompt, suffix, options)
        )

    def speak(
        self,
        model: Model,
        text: str,
        *,
        voice: str | None = None,
        format: AudioFormat | None = None,  # noqa: A002  # the field's own word
        speed: float | None = None,
        instructions: str | None = None,
        **options: Unpack[CallOptions],
    ) -> AsyncSpeechStream:
        """`text` spoken aloud: iterate it, or use `.save(path)` or `.read()`.

        The request is sent by the first of these. `speed` is a factor of the usual pace,
        `instructions` say how to speak. Source of the names: OpenAI's speech API.
        """
        request = speech_request(
            called(model),
            text,
            voice=voice,
            format=format,
            speed=speed,
            instructions=instructions,
            options=options,
        )
        return AsyncSpeechStream(lambda: self._operations.speak(model, request, options))
