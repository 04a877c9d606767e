"""What only this protocol can be asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from fairlead.dialects.ollama.wire import NAME
from fairlead.types.requests import Options


class OllamaOptions(Options, frozen=True, omit_defaults=True, kw_only=True):
    """Options of `ollama`; None is not sent.

    `keep_alive`: how long the model stays loaded, such as `"5m"` or seconds; 0 unloads it now, a
    negative number never does.
    `think`: the exact way to say what `reasoning_effort` says roughly; give one or the other.
    `truncate` cuts a prompt that is too long, `shift` forgets its beginning while the answer grows.
    The rest steers how the model runs: `num_ctx` is its context window in tokens, `num_gpu` how
    many layers go to the GPU. `model_options` holds whatever else a model takes.
    """

    dialect: ClassVar[str] = NAME

    keep_alive: str | float | None = None
    think: bool | str | None = None
    truncate: bool | None = None
    shift: bool | None = None
    num_ctx: int | None = None
    num_keep: int | None = None
    num_batch: int | None = None
    num_gpu: int | None = None
    main_gpu: int | None = None
    num_thread: int | None = None
    use_mmap: bool | None = None
    min_p: float | None = None
    typical_p: float | None = None
    repeat_last_n: int | None = None
    repeat_penalty: float | None = None
    mirostat: int | None = None
    mirostat_tau: float | None = None
    mirostat_eta: float | None = None
    penalize_newline: bool | None = None
    model_options: Mapping[str, object] | None = None
