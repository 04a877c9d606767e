"""The operations beside chat: what a caller asks for, and what comes back.

An answer is made without `receipt` and `raw` by a dialect; the engine puts them in.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct

from fairlead.types.http import Body
from fairlead.types.receipts import Receipt
from fairlead.types.responses import RawResponse
from fairlead.types.usage import Cost, Usage

OperationName = Literal[
    "chat",
    "completion",
    "embeddings",
    "rerank",
    "transcription",
    "speech",
    "image",
    "count_tokens",
]
InputType = Literal["query", "document", "classification", "clustering"]
AudioFormat = Literal["mp3", "wav", "opus", "aac", "flac", "pcm"]

_UNSENT = Receipt("", "")
_NOTHING = RawResponse(0, ())


class CompletionRequest(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Text to go on with; `suffix` is what follows the gap (fill in the middle)."""

    model: str
    prompt: str
    suffix: str | None = None
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    user: str | None = None
    extra_body: Mapping[str, object] | None = None


class EmbeddingRequest(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Texts to embed. `input_type` says what for, where a model embeds queries in another way."""

    model: str
    inputs: tuple[str, ...]
    dimensions: int | None = None
    input_type: InputType | None = None
    user: str | None = None
    extra_body: Mapping[str, object] | None = None


class RerankRequest(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Documents to order by how well they answer `query`; `top_n` bounds the answer."""

    model: str
    query: str
    documents: tuple[str, ...]
    top_n: int | None = None
    extra_body: Mapping[str, object] | None = None


class TranscriptionRequest(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Speech to write down. `audio` is streamed from where it lies; `name` ends in its format."""

    model: str
    audio: Body
    name: str
    media_type: str
    language: str | None = None
    prompt: str | None = None
    temperature: float | None = None
    timestamps: Literal["word", "segment"] | None = None
    extra_body: Mapping[str, object] | None = None


class SpeechRequest(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Text to say aloud. `speed` is a factor of the usual pace."""

    model: str
    text: str
    voice: str | None = None
    format: AudioFormat | None = None
    speed: float | None = None
    instructions: str | None = None
    extra_body: Mapping[str, object] | None = None


class ImageRequest(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A picture to draw, `n` times. `size` such as `1024x1024`, `quality` in the model's words."""

    model: str
    prompt: str
    n: int | None = None
    size: str | None = None
    quality: str | None = None
    user: str | None = None
    extra_body: Mapping[str, object] | None = None


class Answer(Struct, frozen=True, kw_only=True):
    """What every answer has. `usage` is None where the provider reported none, `cost` where no
    price is known; `model` is the provider's own name of it, or the one that was asked for."""

    model: str = ""
    usage: Usage | None = None
    cost: Cost | None = None
    warnings: tuple[str, ...] = ()
    receipt: Receipt = _UNSENT
    raw: RawResponse = _NOTHING


class EmbeddingResponse(Answer, frozen=True, kw_only=True):
    """One vector for each input, in their order, as arrays of floats (`array.array`)."""

    embeddings: tuple[array[float], ...]

    @property
    def dimensions(self) -> int:
        """The length of the vectors; 0 where there is none."""
        return len(self.embeddings[0]) if self.embeddings else 0

    def numpy(self) -> Any:
        """A float32 `numpy.ndarray` of shape (inputs, dimensions). Needs numpy."""
        import numpy

        rows = [numpy.asarray(vector, dtype=numpy.float32) for vector in self.embeddings]
        return numpy.stack(rows) if rows else numpy.empty((0, 0), dtype=numpy.float32)


class RankedDocument(Struct, frozen=True):
    """A document's place: `index` into the documents that were given, `score` higher is better."""

    index: int
    score: float
    document: str


class RerankResponse(Answer, frozen=True, kw_only=True):
    """The documents, best first."""

    results: tuple[RankedDocument, ...]


class TranscriptSegment(Struct, frozen=True):
    """A stretch of the transcript; times in seconds from the start of the audio."""

    text: str
    start: float
    end: float


class Transcription(Answer, frozen=True, kw_only=True):
    """What was said. `duration` in seconds; `words` and `segments` where they were asked for."""

    text: str
    language: str | None = None
    duration: float | None = None
    words: tuple[TranscriptSegment, ...] = ()
    segments: tuple[TranscriptSegment, ...] = ()


class Speech(Answer, frozen=True, kw_only=True):
    """Spoken text; `audio` is empty where it was streamed. `media_type` such as `audio/mpeg`."""

    media_type: str
    audio: bytes = b""


class GeneratedImage(Struct, frozen=True):
    """A picture by `data` (raw bytes) or by `url`, which may expire within the hour."""

    data: bytes | None = None
    url: str | None = None
    media_type: str | None = None
    revised_prompt: str | None = None


class ImageResponse(Answer, frozen=True, kw_only=True):
    """The pictures, in the order in which they came."""

    images: tuple[GeneratedImage, ...]


class TokenCount(Answer, frozen=True, kw_only=True):
    """How many tokens a request would read, in the provider's own counting."""

    tokens: int
