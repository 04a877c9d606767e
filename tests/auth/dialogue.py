"""Plays the other side of a flow: answers in order, and the requests that they answered."""

from __future__ import annotations

import json
import traceback
from typing import TypeVar
from urllib.parse import parse_qsl

from fairlead.ports import Blocking, Flow, FlowResponse
from fairlead.types.http import Headers, HttpRequest

T_ = TypeVar("T_")


def says(body: object, status: int = 200) -> FlowResponse:
    """An answer: bytes as they are, anything else as JSON."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return FlowResponse(status, Headers(()), data)


class Played:
    """A flow that has been played; `requests` are those it sent."""

    def __init__(self) -> None:
        self.requests: list[HttpRequest] = []

    def run(self, flow: Flow[T_], *answers: FlowResponse | Exception) -> T_:
        """What the flow returns; every answer must have been asked for."""
        left = list(answers)
        try:
            step = next(flow)
            while True:
                try:
                    answer = self._answer(step, left)
                except Exception as error:
                    step = flow.throw(error)
                else:
                    step = flow.send(answer)
        except StopIteration as end:
            assert not left, "the flow did not ask for everything"
            result: T_ = end.value
            return result

    def _answer(self, step: HttpRequest | Blocking, left: list[FlowResponse | Exception]) -> object:
        if isinstance(step, Blocking):
            return step.run()
        self.requests.append(step)
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def play(flow: Flow[T_], *answers: FlowResponse | Exception) -> T_:
    return Played().run(flow, *answers)


def form(request: HttpRequest) -> dict[str, str]:
    """The fields of a form request."""
    assert isinstance(request.body, bytes)
    assert ("content-type", "application/x-www-form-urlencoded") in request.headers
    return dict(parse_qsl(request.body.decode(), keep_blank_values=True))


def shown(error: BaseException) -> str:
    """All that a traceback can show of an error, except for the tests' own frames."""
    lines: list[str] = []
    seen: BaseException | None = error
    while seen is not None:
        found = traceback.TracebackException.from_exception(seen, capture_locals=True)
        lines += [str(seen), repr(seen)]
        for frame in found.stack:
            if "/tests/" not in frame.filename and frame.locals:
                lines += frame.locals.values()
        seen = seen.__cause__ or seen.__context__
    return "\n".join(lines)
