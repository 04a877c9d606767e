"""`-o key value` of the other commands than `ask` and `chat`: their methods' keyword arguments."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from typing import get_type_hints

from fairlead.cli.options import OptionTable, table_of
from fairlead.client_operations import OperationMethods
from fairlead.inputs import ChatOptions
from fairlead.operation_inputs import CallOptions, CompletionOptions

_METHODS: dict[str, Callable[..., object]] = {
    "embed": OperationMethods.embed,
    "similar": OperationMethods.embed,
    "rerank": OperationMethods.rerank,
    "transcribe": OperationMethods.transcribe,
    "speak": OperationMethods.speak,
    "image": OperationMethods.image,
}
_OPTIONS = {"complete": CompletionOptions, "count": ChatOptions}
_FLAGS = {
    "count": {"system": "-s"},
    "rerank": {"top_n": "-n"},
    "transcribe": {"language": "--language", "timestamps": "--timestamps"},
    "speak": {"voice": "--voice"},
    "image": {"n": "-n", "size": "--size"},
}


@cache
def operation_table(command: str) -> OptionTable:
    """What `fairlead <command>` takes with -o."""
    flags = {"deadline": "--deadline", **_FLAGS.get(command, {})}
    return table_of(_hints(command), flags, f"fairlead {command} --options")


def _hints(command: str) -> dict[str, object]:
    if command in _OPTIONS:
        return get_type_hints(_OPTIONS[command])
    method = _METHODS[command]
    hints = get_type_hints(method)
    parameters = inspect.signature(method).parameters.values()
    own = {p.name: hints[p.name] for p in parameters if p.kind is p.KEYWORD_ONLY}
    return own | get_type_hints(CallOptions)
