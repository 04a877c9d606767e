"""Log probabilities of the tokens that were chosen, and of those that might have been."""

from __future__ import annotations

import msgspec
from msgspec import Raw, Struct

from fairlead.dialects import rawjson
from fairlead.types.responses import TokenLogprob


class _Token(Struct):
    token: str = ""
    logProbability: float = 0.0


class _Others(Struct):
    candidates: list[_Token] | None = None


class _Result(Struct):
    chosenCandidates: list[_Token] | None = None
    topCandidates: list[_Others] | None = None


_RESULT = msgspec.json.Decoder(_Result)


def logprobs(raw: Raw) -> tuple[TokenLogprob, ...]:
    """One for each chosen token; whatever is not of that shape gives none."""
    result = rawjson.optional(raw, _RESULT)
    if result is None:
        return ()
    others = result.topCandidates or []
    found = []
    for place, chosen in enumerate(result.chosenCandidates or ()):
        top = (others[place].candidates if place < len(others) else None) or ()
        alternatives = tuple(TokenLogprob(t.token, t.logProbability) for t in top)
        found.append(TokenLogprob(chosen.token, chosen.logProbability, top=alternatives))
    return tuple(found)
