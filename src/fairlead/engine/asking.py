"""Asks a store off the event loop; what it grants to one who has left is given back."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from fairlead.ports import Runtime

_T = TypeVar("_T")


async def asked(
    runtime: Runtime,
    ask: Callable[[], _T],
    *,
    undo: Callable[[_T], None],
    undo_later: Callable[[_T], None],
) -> _T:
    """What `ask` returns. Where the caller is cancelled meanwhile, its answer is undone.

    `undo` runs off the event loop, as soon as the answer is there; `undo_later` on it, where the
    answer had come already, and must not block.
    """
    lock = Lock()
    answers: list[_T] = []
    gone = False

    def run() -> _T:
        answer = ask()
        with lock:
            answers.append(answer)
            undone = gone
        if undone:
            undo(answer)
        return answer

    try:
        return await runtime.blocking(run)
    except Exception:
        raise
    except BaseException:
        with lock:
            gone = True
        for answer in answers:
            undo_later(answer)
        raise
