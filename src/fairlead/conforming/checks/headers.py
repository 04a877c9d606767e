"""Headers: what the answer is, and by which name support can find it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fairlead.conforming.check import Said, check, judged, passed, warned

if TYPE_CHECKING:
    from fairlead.conforming.peer import Peer

_AREA = "headers"


@check(_AREA, "content type", "a whole answer is labelled application/json", "http")
def content_type(peer: Peer) -> Said:
    kind = peer.whole.kind
    wrong = f"it is labelled {kind or 'nothing'}"
    return judged(None if kind == "application/json" else wrong, "it is")


@check(_AREA, "request id", "every answer has an id of its own in a header", "request_id")
def request_id(peer: Peer) -> Said:
    names = peer.protocol.request_ids
    seen = [peer.whole, peer.streamed]
    found = [next(filter(None, map(answer.headers.get, names)), None) for answer in seen]
    if None in found:
        return warned(f"an answer has no {' or '.join(names)}")
    return passed("they have") if len(set(found)) == 2 else warned("two answers have the same id")


CHECKS = (content_type, request_id)
