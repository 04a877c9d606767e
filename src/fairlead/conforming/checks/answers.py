"""Whole answers: their shape, and usage that can be billed by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fairlead.conforming.answer import at
from fairlead.conforming.check import Said, check, failed, judged, passed

if TYPE_CHECKING:
    from fairlead.conforming.peer import Peer

_AREA = "answers"
_LONGER = "Please. " * 40


@check(_AREA, "shape", "a whole answer has the protocol's fields", "object")
def shape(peer: Peer) -> Said:
    return judged(peer.protocol.answer_problem(peer.whole.data), "it has")


@check(_AREA, "text", "an answer that may be long enough has text", "object")
def text(peer: Peer) -> Said:
    found = peer.read(peer.whole).text
    return judged(None if found else "it has none", f"{len(found)} characters came")


@check(_AREA, "usage", "a whole answer tells its usage, and the counts add up", "object")
def usage(peer: Peer) -> Said:
    found = at(peer.whole.data, "usage")
    if found is None:
        return failed("no usage came")
    return judged(peer.protocol.usage_problem(found), "it does, and they do")


@check(_AREA, "usage grows", "a longer prompt counts more tokens", "object")
def usage_grows(peer: Peer) -> Said:
    one = peer.read(peer.whole).usage
    two = peer.read(peer.ask(prompt=_LONGER)).usage
    if one is None or two is None:
        return failed("no usage came")
    told = f"{one.input_tokens} tokens for the short prompt, {two.input_tokens} for the long one"
    return passed(told) if two.input_tokens > one.input_tokens else failed(told)


CHECKS = (shape, text, usage, usage_grows)
