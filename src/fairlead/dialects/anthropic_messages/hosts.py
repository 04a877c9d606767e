"""The protocol on other clouds: what moves between address, headers and body, and how it streams.

On Amazon Bedrock and Google's Vertex AI the address names the model and says whether it streams.
The body names no model, holds the version, and says `stream` on Vertex alone. Source: the
provider's own client libraries, and recorded requests.
"""

from __future__ import annotations

import msgspec
from msgspec import Raw, Struct

from fairlead.dialects import jsontext
from fairlead.dialects.aws import frame_error
from fairlead.dialects.decoding import Frames
from fairlead.dialects.origin import host_of
from fairlead.errors import DecodeError, FairleadError
from fairlead.framing.eventstream import EventStreamParser
from fairlead.framing.sse import Frame, SseParser
from fairlead.ports import Limits
from fairlead.types.targets import Target

EVENT_STREAM = "application/vnd.amazon.eventstream"
CLAUDE = "claude"
VERSIONS = {"bedrock": "bedrock-2023-05-31", "vertex": "vertex-2023-10-16"}


def service(target: Target) -> str:
    """Whose signatures are taken: Claude's own on every cloud alike, else the host's."""
    return CLAUDE if "claude" in target.model.lower() else host_of(target)


def date_of(version: str) -> str:
    """The date in a version, which a host may stand before: versions are compared by it."""
    return version.removeprefix("bedrock-").removeprefix("vertex-")


def frames_of(target: Target, limits: Limits) -> Frames:
    if target.quirks.anthropic_host == "bedrock":
        return ChunkParser(target, limits)
    return SseParser(limits.line, limits.event)


class _Chunk(Struct, gc=False):
    data: bytes | None = msgspec.field(default=None, name="bytes")


_CHUNK = msgspec.json.Decoder(_Chunk)


class ChunkParser:
    """Events in AWS frames, each in base64 inside of JSON. An exception ends them."""

    __slots__ = ("_parser", "_target", "overflow")

    def __init__(self, target: Target, limits: Limits) -> None:
        self._parser = EventStreamParser(limits.event)
        self._target = target
        self.overflow: FairleadError | None = None

    def feed(self, data: bytes) -> list[Frame]:
        """The events that `data` completes; before whatever broke the stream off, those ahead."""
        found: list[Frame] = []
        if self.overflow is not None:
            return found
        try:
            for frame in self._parser.feed(data):
                if (error := frame_error(frame, self._target)) is not None:
                    raise error
                event = _inner(frame[1])
                if event is not None:
                    found.append((b"", event, b""))
        except FairleadError as error:
            self.overflow = error
        else:
            self.overflow = self._parser.broken
        return found

    def close(self) -> list[Frame]:
        self._parser.close()
        return []


def _inner(payload: bytes) -> bytes | None:
    """The event; None for a frame of another kind. Raises `DecodeError`."""
    try:
        return _CHUNK.decode(payload).data
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return jsontext.decode(payload, _CHUNK).data


class _Metrics(Struct, rename="camel"):
    input_token_count: int | None = None
    output_token_count: int | None = None
    cache_read_input_token_count: int | None = None
    cache_write_input_token_count: int | None = None


_METRICS = msgspec.json.Decoder(_Metrics)


def usage_of_metrics(raw: Raw) -> Raw:
    """What Bedrock counted, in the protocol's own words, for a stream that told no usage."""
    try:
        metrics = jsontext.decode(bytes(raw), _METRICS)
    except DecodeError:
        return Raw()
    told = {
        "input_tokens": metrics.input_token_count,
        "cache_read_input_tokens": metrics.cache_read_input_token_count,
        "cache_creation_input_tokens": metrics.cache_write_input_token_count,
        "output_tokens": metrics.output_token_count,
    }
    return Raw(msgspec.json.encode({name: n for name, n in told.items() if n is not None}))
