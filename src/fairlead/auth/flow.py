"""Typed steps of a `Flow`: `response = yield from send(request)`."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, TypeVar

from fairlead.ports import Blocking, FlowResponse
from fairlead.types.http import HttpRequest

T_ = TypeVar("T_")


def send(request: HttpRequest) -> Generator[HttpRequest | Blocking, Any, FlowResponse]:
    """The server's answer, whatever its status. Raises `TransportError` where none came."""
    response: FlowResponse = yield request
    return response


def blocking(run: Callable[[], T_]) -> Generator[HttpRequest | Blocking, Any, T_]:
    """What `run` returns, or what it raises; it may block."""
    result: T_ = yield Blocking(run)
    return result
