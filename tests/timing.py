"""How long something takes, on machines that may stand still for seconds at any moment."""

from __future__ import annotations

import time
from collections.abc import Iterator

TRIES = 10


class Watch:
    """A block's time: `with watch: ...`, then `watch.seconds`."""

    seconds = 0.0

    def __enter__(self) -> None:
        self._begun = time.monotonic()

    def __exit__(self, *_: object) -> None:
        self.seconds = time.monotonic() - self._begun


def prompt(most: float, *, least: float = 0.0) -> Iterator[Watch]:
    """Watches for a loop whose block must take less than `most` seconds, and never below `least`.

    One that keeps the time proves that it can be kept; what is slow by itself is so in every try.
    """
    taken: list[float] = []
    for _ in range(TRIES):
        watch = Watch()
        yield watch
        taken.append(watch.seconds)
        assert watch.seconds >= least, f"it took {watch.seconds} s and not {least}"
        if watch.seconds < most:
            return
    raise AssertionError(f"it never took less than {most} s, but {taken}")
