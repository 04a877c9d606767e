"""Tools at work: a job each, and how many of them may run at once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextvars import copy_context
from typing import Protocol, TypeVar

_T = TypeVar("_T")
Work = Callable[[], object]
"""A tool with its arguments; what it returns may have to be awaited."""


class TooLate(Exception):
    """Nobody waits for the answer any more."""


class Job:
    """A tool that waits for a place, runs since `began`, or is `over` with a `value` or an `error`.

    What it raised is kept and not thrown: no future takes every exception.
    """

    __slots__ = (
        "asynchronous", "began", "context", "error", "is_left", "over", "stop", "value", "work",
    )  # fmt: skip

    def __init__(self, work: Work, *, asynchronous: bool) -> None:
        self.work = work
        self.asynchronous = asynchronous
        self.context = copy_context()
        self.began: float | None = None
        self.over = False
        self.value: object = None
        self.error: BaseException | None = None
        self.is_left = False
        self.stop: Callable[[], object] | None = None

    def leave(self) -> None:
        """Nobody wants what it gives any more: what can be stopped is, and may then tidy up."""
        if self.is_left:
            return
        self.is_left = True
        if self.stop is not None:
            self.stop()

    def run(self) -> None:
        """Do it in the context in which it was asked for."""
        try:
            self.value = self.context.run(self.work)
        except BaseException as error:
            self.error = error


class Workers(Protocol):
    """Runs so many tools at once; the others wait in order."""

    def start(self, work: Work, *, asynchronous: bool) -> Job:
        """Begin `work` in a copy of the caller's context. `asynchronous`: it does not block."""
        ...

    async def wait(self, jobs: Sequence[Job], seconds: float | None) -> None:
        """Until one of `jobs` begins or is over, at most for `seconds`."""
        ...

    async def answered(self, question: Awaitable[_T], seconds: float | None) -> _T:
        """What `question` comes to. Raises `TooLate` after `seconds`, where it can be cut short."""
        ...

    @property
    def stalled(self) -> bool:
        """Whether every place is held by a function that was left and cannot be stopped."""
        ...

    async def aclose(self) -> None:
        """Begin nothing more, and leave what runs."""
        ...


class Places:
    """The jobs that are not over, and how many of them may run."""

    def __init__(self, most: int, now: Callable[[], float]) -> None:
        self._most = most
        self._now = now
        self._jobs: list[Job] = []

    @property
    def stalled(self) -> bool:
        held = [job for job in self._jobs if job.is_left and job.began is not None and not job.over]
        return sum(not job.asynchronous for job in held) >= self._most

    def _new(self, work: Work, *, asynchronous: bool) -> Job:
        job = Job(work, asynchronous=asynchronous)
        self._jobs = [*(job for job in self._jobs if not job.over), job]
        return job


def moved(jobs: Sequence[Job], waiting: Sequence[Job]) -> bool:
    return any(job.over for job in jobs) or any(job.began is not None for job in waiting)
