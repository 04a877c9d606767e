"""A request as it would be sent, in the form in which two of them are compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

import msgspec
from msgspec import Struct

from fairlead.dialects.jsontext import untyped
from fairlead.explaining.trees import Place, path
from fairlead.types.http import Body, HttpRequest
from fairlead.types.requests import ChatRequest

BODY, HEADER, ADDRESS = "body", "header", "address"


class Written(Struct, frozen=True):
    """A request, and what was said of it: what is left out, and what is put in other words."""

    http: HttpRequest
    tree: Mapping[str, object]
    warnings: tuple[str, ...]
    dropped: tuple[str, ...]

    @property
    def body(self) -> Mapping[str, object]:
        body = self.tree[BODY]
        return body if isinstance(body, dict) else {}


Write = Callable[[ChatRequest], Written]
"""Encodes a request for one target. Raises a `FairleadError` for one that cannot be sent."""


def written(http: HttpRequest, warnings: tuple[str, ...], dropped: tuple[str, ...]) -> Written:
    tree = {BODY: _read(http.body), HEADER: dict(http.headers), ADDRESS: http.url}
    return Written(http, tree, warnings, dropped)


def _read(body: bytes | Body | None) -> object:
    if not isinstance(body, bytes):
        return {}
    try:
        found: object = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return untyped(body)
    return found


def path_of(place: Place) -> str:
    """How a person names a place: bare in the body, else with what it is in."""
    where, *rest = place or ("",)
    if where == BODY:
        return path(tuple(rest))
    return f"{HEADER} {rest[0]}" if where == HEADER and rest else ADDRESS


def more(whole: tuple[str, ...], without: tuple[str, ...]) -> tuple[str, ...]:
    """What is said of the one and not of the other."""
    return tuple((Counter(whole) - Counter(without)).elements())
