"""Progress of a fetch: a bar on a terminal, a line for every tenth elsewhere."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Self

from fairlead.cli.terminal import is_terminal, note

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_STAGES = {
    "wait": "waiting for another process that fetches the local model",
    "download": "fetching the local model",
    "unpack": "unpacking the local model",
}
_STEP_PERCENT = 10


class FetchProgress:
    """A `local.weights.Progress` that shows itself on standard error. A context manager."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._stage = ""
        self._told = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, stage: str, done: int, total: int) -> None:
        if self._quiet:
            return
        if is_terminal(sys.stderr) and total:
            self._draw(stage, done, total)
        else:
            self._tell(stage, done, total)

    def _draw(self, stage: str, done: int, total: int) -> None:
        if self._bar is None:
            self._bar = _bar()
        if stage != self._stage or self._task is None:
            self._stage = stage
            self._task = self._bar.add_task(_STAGES.get(stage, stage), total=total)
        self._bar.update(self._task, completed=done)

    def _tell(self, stage: str, done: int, total: int) -> None:
        if stage != self._stage:
            self._stage, self._told = stage, 0
            size = f" ({total / 1e6:.0f} MB)" if total else ""
            note(f"{_STAGES.get(stage, stage)}{size}")
        percent = done * 100 // total if total else 0
        if percent >= self._told + _STEP_PERCENT:
            self._told = percent - percent % _STEP_PERCENT
            note(f"{_STAGES.get(stage, stage)}: {self._told} %")


def _bar() -> Progress:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
    bar.start()
    return bar
