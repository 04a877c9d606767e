"""Runs a flow against a script, for tests of what asks servers without doing any I/O."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from fairlead.ports import Blocking, FlowResponse
from fairlead.types.http import Headers, HttpRequest

CANARY = "canary-7f3a9b-secret"


class Dialogue:
    """Answers the requests of a flow in order, and keeps them."""

    def __init__(self, *answers: FlowResponse | Exception | Callable[[HttpRequest], Any]) -> None:
        self._answers = list(answers)
        self.requests: list[HttpRequest] = []

    def run(self, flow: Any) -> Any:
        """What the flow returns; what it raises is raised."""
        try:
            step = next(flow)
            while True:
                try:
                    answer = self._answer(step)
                except Exception as error:
                    step = flow.throw(error)
                else:
                    step = flow.send(answer)
        except StopIteration as stop:
            return stop.value

    def _answer(self, step: Any) -> Any:
        if isinstance(step, Blocking):
            return step.run()
        self.requests.append(step)
        answer = self._answers.pop(0)
        if callable(answer):
            answer = answer(step)
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def asked(self) -> HttpRequest:
        """The only request."""
        (request,) = self.requests
        return request


def answer(
    body: bytes | str | dict[str, Any] = b"", status: int = 200, **headers: str
) -> FlowResponse:
    if isinstance(body, dict):
        body = json.dumps(body)
    data = body.encode() if isinstance(body, str) else body
    pairs = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return FlowResponse(status, Headers(pairs), data)


def form(request: HttpRequest) -> dict[str, str]:
    assert isinstance(request.body, bytes)
    return dict(parse_qsl(request.body.decode()))


def everything_about(error: BaseException) -> str:
    """The error, its own fields, and whatever else a report could show of it."""
    shown = traceback.TracebackException.from_exception(error)
    return "".join(shown.format()) + repr(error) + str(error) + repr(vars(error))
