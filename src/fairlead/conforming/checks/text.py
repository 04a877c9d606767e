"""Text: every character as it was, in whatever way it is written; fields of later days."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from fairlead.conforming.check import Said, check, failed, judged, passed, skipped, warned

if TYPE_CHECKING:
    from fairlead.conforming.peer import Peer

_AREA = "text"
_WORDS = "Zürich 東京 🌊"
_ECHO = f"Say exactly this and nothing else: {_WORDS}"
_GARBLED = ("\ufffd", "Ã", "å\x8d", "ð\x9f", "\\u")


@check(_AREA, "escapes", "characters and their \\u escapes are the same text", "json")
def escapes(peer: Peer) -> Said:
    one = _counted(peer, ascii_alone=False)
    two = _counted(peer, ascii_alone=True)
    told = f"{one} tokens as they are, {two} escaped"
    return judged(None if one == two else told, told) if one and two else skipped(told)


@check(_AREA, "echo", "letters of all scripts come back as they were sent", "json")
def echo(peer: Peer) -> Said:
    text = peer.read(peer.ask(prompt=_ECHO, stream=True)).text
    if any(mark in text for mark in _GARBLED):
        return failed(f"the answer is garbled: {text[:60]!r}")
    if _WORDS in text:
        return passed(f"{_WORDS} came back")
    return skipped("the model said something else")


@check(_AREA, "unknown fields", "fields that the server does not know do no harm", "create")
def unknown_fields(peer: Peer) -> Said:
    answer = peer.send(peer.fields() | {"x_of_a_later_day": {"a": 1}})
    if answer.ok:
        return passed("the field was ignored")
    told = f"answered {answer.status}: {answer.excerpt}"
    return warned(told) if 400 <= answer.status < 500 else failed(told)


CHECKS = (escapes, echo, unknown_fields)


def _counted(peer: Peer, *, ascii_alone: bool) -> int:
    """The tokens of a prompt that is written as it is, or in characters of ASCII alone."""
    body = json.dumps(peer.fields(prompt=_ECHO), ensure_ascii=ascii_alone).encode()
    answer = peer.send(body, asked=peer.request(prompt=_ECHO))
    usage = peer.read(answer).usage
    return 0 if usage is None else usage.input_tokens
