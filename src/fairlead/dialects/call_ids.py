"""Ids of tool calls that come from elsewhere, as a protocol takes them. Several dialects use it.

A call and its result are rewritten alike; an id that is legal stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from hashlib import sha256

from fairlead.errors import InvalidRequest

_DIGEST = 24


def spelled(call_id: str, foreign: re.Pattern[str]) -> str:
    """The id with each character that `foreign` matches in hexadecimal. Raises for an empty one."""
    if not call_id:
        raise InvalidRequest("a tool call needs an id")
    return foreign.sub(lambda found: f"_{ord(found[0]):x}_", call_id)


def shortened(call_id: str, longest: int) -> str:
    """The id, or its head and a hash of all of it where it is too long."""
    if len(call_id) <= longest:
        return call_id
    digest = sha256(call_id.encode("utf-8", "replace")).hexdigest()[:_DIGEST]
    return f"{call_id[: longest - _DIGEST - 1]}_{digest}"


class SentIds:
    """The ids of a conversation's calls as they are sent, each once: some servers count anew in
    every answer, some give two calls of an answer one id, and some take no id twice. A result
    belongs to the first call of its id that has none."""

    __slots__ = ("_answered", "_legal", "_used", "_waiting")

    def __init__(self, legal: Callable[[str], str]) -> None:
        self._legal = legal
        self._waiting: dict[str, list[str]] = {}
        self._answered: dict[str, str] = {}
        self._used: set[str] = set()

    def __contains__(self, call_id: object) -> bool:
        return call_id in self._waiting

    def call(self, call_id: str) -> str:
        """What a call is to be named."""
        sent, number = self._legal(call_id), 1
        while sent in self._used:
            number += 1
            sent = self._legal(f"{call_id}_{number}")
        self._used.add(sent)
        self._waiting.setdefault(call_id, []).append(sent)
        return sent

    def result(self, call_id: str) -> str:
        """What the next result of a call that was sent must name."""
        waiting = self._waiting[call_id]
        if waiting:
            self._answered[call_id] = waiting.pop(0)
        return self._answered[call_id]
