"""Limits: the length asked for, stop sequences, several choices, seeds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fairlead.conforming.check import Said, check, failed, judged, passed, skipped, warned
from fairlead.conforming.wishes import LONG_PROMPT
from fairlead.dialects.openai_chat.options import OpenAIChatOptions

if TYPE_CHECKING:
    from fairlead.conforming.peer import Peer

_AREA = "limits"
_FEW = 16  # the least that OpenAI's responses take
_LIVELY = 1.0


@check(_AREA, "length", "no more tokens come than were asked for, and the finish says so", "create")
def length(peer: Peer) -> Said:
    answer = peer.read(peer.ask(prompt=LONG_PROMPT, max_tokens=_FEW))
    counted = 0 if answer.usage is None else answer.usage.output_tokens
    told = f"{counted} tokens of {_FEW}, finish {answer.raw_finish_reason}"
    if counted > _FEW or (not counted and len(answer.text) > _FEW * 20):
        return failed(told)
    if answer.finish_reason == "length":
        return passed(told)
    return skipped(f"the model ended by itself: {told}") if counted < _FEW else failed(told)


@check(_AREA, "stop", "the answer ends before a stop sequence", "create", optional=True)
def stop(peer: Peer) -> Said:
    text = peer.read(peer.whole).text
    words = text.split()
    if len(words) < 3:
        return skipped(f"the answer is too short to be stopped within: {text!r}")
    word = max(words[1:], key=len)
    answer = peer.read(peer.ask(stop=(word,)))
    if word in answer.text:
        return failed(f"{word!r} is in the answer all the same")
    if answer.finish_reason != "stop":
        return failed(f"the finish is {answer.raw_finish_reason}")
    return passed(f"it ended before {word!r}")


@check(_AREA, "several choices", "n choices are answered with n", "create", optional=True)
def several_choices(peer: Peer) -> Said:
    if peer.protocol.name != "openai_chat":
        return skipped("the protocol has no such thing")
    answer = peer.read(peer.ask(options=OpenAIChatOptions(n=2)))
    count = 1 + len(answer.alternatives)
    return judged(None if count == 2 else f"{count} came for 2", "2 came for 2")


@check(_AREA, "seed", "equal seeds give equal answers, as far as they can", "create", optional=True)
def seed(peer: Peer) -> Said:
    def drawn(number: int) -> str:
        return peer.read(peer.ask(seed=number, temperature=_LIVELY)).text

    drawn(7)
    one, two = drawn(7), drawn(7)
    if one != two:
        return warned(f"two answers of one seed: {one[:40]!r} and {two[:40]!r}")
    return passed("two answers of one seed are the same")


CHECKS = (length, stop, several_choices, seed)
