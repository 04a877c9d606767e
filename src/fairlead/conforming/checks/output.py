"""Structured output: an answer by a schema follows it, whole and streamed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from fairlead.conforming.check import Said, check, failed, judged
from fairlead.conforming.wishes import PERSON
from fairlead.schemas.validate import Validator

if TYPE_CHECKING:
    from fairlead.conforming.peer import Peer

_AREA = "schema"
_QUESTION = "Ada is 36 years old. Who is it?"
_TOKENS = 100


@check(_AREA, "whole", "an answer by a schema is JSON that follows it", "schema", optional=True)
def whole(peer: Peer) -> Said:
    return _followed(peer, stream=False)


@check(_AREA, "streamed", "the same in a stream", "schema", optional=True)
def streamed(peer: Peer) -> Said:
    return _followed(peer, stream=True)


CHECKS = (whole, streamed)


def _followed(peer: Peer, *, stream: bool) -> Said:
    answer = peer.ask(stream=stream, prompt=_QUESTION, output=PERSON, max_tokens=_TOKENS)
    text = peer.read(answer).text
    try:
        value = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return failed(f"it is no JSON: {text[:60]!r}")
    problem = next(Validator(PERSON.schema).problems(value), None)
    return judged(None if problem is None else str(problem), text)
