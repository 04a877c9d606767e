"""Agreement: the same question, whole and streamed, has the same answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fairlead.conforming.check import Said, check, failed, judged, passed, skipped

if TYPE_CHECKING:
    from fairlead.conforming.peer import Peer

_AREA = "agreement"
_SHOWN = 60


@check(_AREA, "text", "a streamed answer has the text of the whole one", "stream")
def text(peer: Peer) -> Said:
    # What was read before may be computed in other steps than what is new, so both were.
    peer.read(peer.whole)
    one, two = peer.read(peer.ask()).text, peer.read(peer.streamed).text
    if one == two:
        return passed(f"both say {one[:_SHOWN]!r}")
    if peer.read(peer.ask()).text != one:
        return skipped("the model does not answer the same question alike twice")
    return failed(f"whole {one[:_SHOWN]!r}, streamed {two[:_SHOWN]!r}")


@check(_AREA, "finish", "both ways end for the same reason", "stream")
def finish(peer: Peer) -> Said:
    one, two = peer.read(peer.whole), peer.read(peer.streamed)
    told = f"whole {one.raw_finish_reason}, streamed {two.raw_finish_reason}"
    if one.finish_reason == two.finish_reason:
        return passed(told)
    return skipped(f"{told}, of other texts") if one.text != two.text else failed(told)


@check(_AREA, "usage", "both ways count the same prompt alike", "object")
def usage(peer: Peer) -> Said:
    one, two = peer.read(peer.whole).usage, peer.read(peer.streamed).usage
    if one is None or two is None:
        return skipped("one of them tells no usage")
    told = f"whole {one.input_tokens} tokens in, streamed {two.input_tokens}"
    return judged(None if one.input_tokens == two.input_tokens else told, told)


@check(_AREA, "model", "both ways name the same model", "object")
def model(peer: Peer) -> Said:
    one, two = peer.read(peer.whole).model, peer.read(peer.streamed).model
    told = f"whole {one!r}, streamed {two!r}"
    return judged(None if one == two else told, told)


CHECKS = (text, finish, usage, model)
