"""Runs of a model with tools, in both colours; `Client` and `AsyncClient` inherit them."""

from __future__ import annotations

from typing import Unpack

from fairlead.inputs import Messages
from fairlead.runs import AsyncRunStream, RunStream
from fairlead.turns.start import RunOptions, open_run
from fairlead.types.routes import Model
from fairlead.types.runs import RunResult
from fairlead.versions import Versioned


class TurnMethods(Versioned):
    """Tools run in threads of their own, those that are asynchronous too."""

    def run(self, model: Model, messages: Messages, **options: Unpack[RunOptions]) -> RunResult:
        """Ask `model`, run the functions of `tools` that it calls, and so on until it answers.

        The options are those of `RunOptions`. A tool starts as soon as its arguments are whole,
        while the model may still be writing. Raises like `stream`, `TurnsExceeded` where the model
        would go on after `max_turns`, and `ToolFailed` where `on_tool_error="raise"`.
        """
        with self.stream_run(model, messages, **options) as run:
            return run.result()

    def stream_run(
        self, model: Model, messages: Messages, **options: Unpack[RunOptions]
    ) -> RunStream:
        """Run as `run` does, and read the events of every turn and of the tools between.

        Use it in a `with` block: iterate it, then ask for `.result()`. Raises like `run`.
        """
        from fairlead.turns.workers import BlockingWorkers

        return RunStream(lambda: open_run(self._core, model, messages, options, BlockingWorkers))


class AsyncTurnMethods(Versioned):
    """Tools run as tasks of the loop; functions that block run in its threads."""

    async def run(
        self, model: Model, messages: Messages, **options: Unpack[RunOptions]
    ) -> RunResult:
        """Ask `model`, run the functions of `tools` that it calls, and so on until it answers.

        The options are those of `RunOptions`. A tool starts as soon as its arguments are whole,
        while the model may still be writing. Raises like `stream`, `TurnsExceeded` where the model
        would go on after `max_turns`, and `ToolFailed` where `on_tool_error="raise"`.
        """
        async with self.stream_run(model, messages, **options) as run:
            return await run.result()

    def stream_run(
        self, model: Model, messages: Messages, **options: Unpack[RunOptions]
    ) -> AsyncRunStream:
        """Run as `run` does, and read the events of every turn and of the tools between.

        Use it in an `async with` block: iterate it, then `await run.result()`. Raises like `run`.
        """
        from fairlead.turns.workers import AsyncWorkers

        return AsyncRunStream(lambda: open_run(self._core, model, messages, options, AsyncWorkers))
