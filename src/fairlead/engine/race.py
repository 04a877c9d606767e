"""Two runs of one thing on an event loop, the second begun when the first is slow."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

_T = TypeVar("_T")


async def race(
    first: Callable[[], Awaitable[_T]],
    second: Callable[[], Awaitable[_T | None]],
    delay: float,
    *,
    lost: Callable[[bool], None],
    close: Callable[[_T], Awaitable[None]],
) -> _T:
    """What the first to succeed returns; where both fail, what the first run raises.

    `second` is begun after `delay` seconds, and may decline by returning None. The other run is
    cancelled and has ended when this returns; `lost` hears of it before, with whether it was the
    first run. Should it have succeeded in the same moment, its value is given to `close`. Whoever
    cancels this cancels both.
    """
    one = asyncio.ensure_future(_run(first))
    tasks: list[asyncio.Task[_T | None]] = [one]
    try:
        done, _ = await asyncio.wait(tasks, timeout=delay)
        if not done:
            tasks.append(asyncio.ensure_future(_run(second)))
        winner = await _winner(tasks)
        losers = [task for task in tasks if task is not winner]
        for loser in losers:
            if not loser.done():
                lost(loser is one)
        await _ended(losers, close)
    except BaseException:
        await _ended(tasks, close)
        raise
    value = winner.result()
    assert value is not None, "only a run with a value wins, or the first with its error"
    return value


async def _winner(tasks: list[asyncio.Task[_T | None]]) -> asyncio.Task[_T | None]:
    """The first task that has a value; the first of all where none has."""
    left = set(tasks)
    while left:
        done, left = await asyncio.wait(left, return_when=asyncio.FIRST_COMPLETED)
        good = [task for task in tasks if task in done and _succeeded(task)]
        if good:
            return good[0]
    return tasks[0]


async def _ended(
    tasks: list[asyncio.Task[_T | None]], close: Callable[[_T], Awaitable[None]]
) -> None:
    """Cancel what still runs, wait until it has ended, and close what it may have got.

    Whoever is cancelled in here hurries the others, and goes when they have ended all the same.
    """
    stopped: asyncio.CancelledError | None = None
    for task in tasks:
        task.cancel()
    while not all(task.done() for task in tasks):
        try:
            await asyncio.wait(tasks)
        except asyncio.CancelledError as error:
            stopped = error
            for task in tasks:
                task.cancel()
    for task in tasks:
        if _succeeded(task) and (value := task.result()) is not None:
            try:
                await close(value)
            except asyncio.CancelledError as error:
                stopped = error
    if stopped is not None:
        raise stopped


def _succeeded(task: asyncio.Task[_T | None]) -> bool:
    return not task.cancelled() and task.exception() is None and task.result() is not None


async def _run(make: Callable[[], Awaitable[_T]]) -> _T:
    return await make()
