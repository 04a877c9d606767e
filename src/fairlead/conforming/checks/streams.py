"""Streams: their label, their framing to the byte, their events and their end."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fairlead.conforming.check import Said, check, failed, judged, passed, warned

if TYPE_CHECKING:
    from fairlead.conforming.peer import Peer

_AREA = "streams"
_LINE = re.compile(rb"(data|event|id|retry)(:.*)?|:.*|", re.DOTALL)
_ENDS = re.compile(rb"\r\n|\r|\n")


@check(_AREA, "content type", "a stream is labelled text/event-stream", "sse")
def content_type(peer: Peer) -> Said:
    kind = peer.streamed.kind
    wrong = f"it is labelled {kind or 'nothing'}"
    return judged(None if kind == "text/event-stream" else wrong, "it is")


@check(
    _AREA, "framing", "every line is a field or a comment, each event ends in a blank one", "sse"
)
def framing(peer: Peer) -> Said:
    body = peer.streamed.body
    return judged(_framing_problem(body), f"{len(body):,} bytes follow the standard")


@check(_AREA, "encoding", "a stream is UTF-8", "sse")
def encoding(peer: Peer) -> Said:
    try:
        peer.streamed.body.decode("utf-8")
    except UnicodeDecodeError as error:
        return failed(f"byte {error.start} is no UTF-8")
    return passed("it is")


@check(
    _AREA, "end", "one closing event says that the stream is complete, and is the last", "stream"
)
def end(peer: Peer) -> Said:
    problem = peer.protocol.end_problem(peer.streamed.frames)
    return judged(problem, "it closes as it must")


@check(_AREA, "events", "events have the protocol's shape and order", "stream")
def events(peer: Peer) -> Said:
    frames = peer.streamed.frames
    return judged(peer.protocol.events_problem(frames), f"{len(frames)} events have it")


@check(_AREA, "usage", "a stream that is asked for usage tells it", "stream")
def usage(peer: Peer) -> Said:
    found = peer.read(peer.streamed).usage
    if found is None:
        return failed("no usage came")
    if not found.input_tokens or not found.output_tokens:
        return failed(f"{found.input_tokens} tokens in and {found.output_tokens} out were told")
    return passed(f"{found.input_tokens} tokens in, {found.output_tokens} out")


@check(_AREA, "in pieces", "text comes while it is written, not all at its end", "stream")
def in_pieces(peer: Peer) -> Said:
    answer = peer.streamed
    pieces = peer.pieces(answer)
    if pieces == 0:
        return failed("no text came")
    if pieces == 1:
        return warned(f"{len(peer.read(answer).text)} characters came in one event")
    return passed(f"the text came in {pieces} pieces")


CHECKS = (content_type, framing, encoding, end, events, usage, in_pieces)


def _framing_problem(body: bytes) -> str | None:
    if not body:
        return "the stream is empty"
    lines = _ENDS.split(body)
    for number, line in enumerate(lines, 1):
        if not _LINE.fullmatch(line):
            return f"line {number} is no field: {line[:60].decode('utf-8', 'replace')}"
    if lines[-1] or lines[-2]:
        return "the last event has no blank line behind it, and is lost by the standard's rules"
    return None
