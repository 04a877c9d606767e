"""Puts an explanation together for one target, whatever the target makes of the request."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from msgspec.structs import replace

from fairlead.errors import FairleadError
from fairlead.explaining import turns, units
from fairlead.explaining.findings import finding
from fairlead.explaining.rows import Rows
from fairlead.explaining.written import Write, Written
from fairlead.types.explained import ExplainedField, Explanation
from fairlead.types.http import HttpRequest
from fairlead.types.requests import ChatRequest, UnsupportedPolicy
from fairlead.types.targets import Target

_MOST_KEPT = 4


def explanation(
    request: ChatRequest,
    target: Target,
    write: Write,
    *,
    policy: UnsupportedPolicy,
    recommended: Sequence[str] = (),
    shown: Callable[[HttpRequest], tuple[tuple[str, str], ...]],
) -> Explanation:
    """Every field of the request; `write` must leave out what is unsupported, and warn of it.

    `recommended` are the fields that the caller has not given; `shown` are headers to look at.
    """
    write = _once(write)
    refused, request, error = _writable(request, write)
    empty = Explanation(target.label, target.dialect, "POST", target.url, (), tuple(refused))
    if error is not None:
        return replace(empty, error=str(error))
    whole = write(request)
    asked = [*units.units(request), *turns.units(request, target.dialect)]
    found = [finding(unit, write) for unit in asked]
    rows = Rows(whole, found, policy, model=target.model, recommended=recommended)
    return replace(
        empty,
        method=whole.http.method,
        url=whole.http.url,
        headers=shown(whole.http),
        fields=(*refused, *rows.all(), *_unfollowed(request)),
        warnings=whole.warnings,
        body=whole.body,
    )


def _unfollowed(request: ChatRequest) -> Iterator[ExplainedField]:
    """A row for the messages that have none; what is lost of them is told as of the request."""
    if count := turns.unfollowed(request):
        note = f"earlier messages, not followed: only the last {turns.MOST_FOLLOWED} are"
        yield ExplainedField(f"messages[0:{count}]", "sent", note=note)


def _writable(
    request: ChatRequest, write: Write
) -> tuple[list[ExplainedField], ChatRequest, FairleadError | None]:
    """The request without the fields that make it impossible, a row for each, what is left."""
    refused: list[ExplainedField] = []
    while True:
        try:
            write(request)
        except FairleadError as error:
            without = units.removals(request)
            culprit = next((name for name, rest in without.items() if _works(rest, write)), None)
            if culprit is None:
                return refused, request, error
            request = without[culprit]
            refused.append(ExplainedField(culprit, "lost", note=f"refused: {error}"))
        else:
            return refused, request, None


def _works(request: ChatRequest, write: Write) -> bool:
    try:
        write(request)
    except FairleadError:
        return False
    return True


def _once(write: Write) -> Write:
    """`write`, which remembers the last few: most fields are compared with the same request."""
    made: dict[int, tuple[ChatRequest, Written]] = {}

    def known(request: ChatRequest) -> Written:
        # The request is kept beside what was written: its id is its own as long as it lives.
        found = made.pop(id(request), None) or (request, write(request))
        made[id(request)] = found
        if len(made) > _MOST_KEPT:
            del made[next(iter(made))]
        return found[1]

    return known
