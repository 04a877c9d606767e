"""Text and tolerance: every character as it was, whatever way it is written; fields of later days."""

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
    fields = peer.fields(prompt=_ECHO)
    one = peer.send(json.dumps(fields, ensure_ascii=False).encode())
    two = peer.send(json.dumps(fields, ensure_ascii=True).encode())
    for answer in (one, two):
        if not answer.ok:
            return failed(f"answered {answer.status}: {answer.excerpt}")
    counts = [_counted(answer.data) for answer in (one, two)]
    told = f"{counts[0]} tokens as they are, {counts[1]} escaped"
    if None in counts:
        return skipped("no usage tells what was read")
    return judged(None if counts[0] == counts[1] else told, told)


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


def _counted(data: object) -> object:
    from fairlead.conforming.answer import at

    return at(data, "usage", "prompt_tokens") or at(data, "usage", "input_tokens")
