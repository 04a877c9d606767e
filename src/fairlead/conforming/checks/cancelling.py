"""Cancellation: who leaves early does not hold up who comes next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fairlead.conforming.check import Said, check, failed, judged
from fairlead.conforming.wishes import LONG, LONG_PROMPT

if TYPE_CHECKING:
    from fairlead.conforming.peer import Peer

_AREA = "cancelling"
_SLACK = 1.0
_TIMES = 3


@check(
    _AREA, "next request", "after a stream that was closed, the next is answered at once", "http"
)
def next_request(peer: Peer) -> Said:
    usual = peer.ask(max_tokens=1).seconds
    if not peer.leave_early(prompt=LONG_PROMPT, max_tokens=LONG):
        return failed("the stream that was to be closed was empty")
    after = peer.ask(max_tokens=1).seconds
    told = f"{after:.2f} s after it, {usual:.2f} s before"
    return judged(None if after <= _TIMES * usual + _SLACK else told, told)


@check(_AREA, "several", "streams that were closed take no places from those that follow", "http")
def several(peer: Peer) -> Said:
    for _ in range(8):
        if not peer.leave_early(prompt=LONG_PROMPT, max_tokens=LONG):
            return failed("a stream that was to be closed was empty")
    answer = peer.read(peer.ask(stream=True))
    return judged(None if answer.text else "the ninth stream was empty", "the ninth was answered")


CHECKS = (next_request, several)
