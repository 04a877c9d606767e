"""`-T` and `--functions`: Python functions by the names of their modules and files, as tools."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from types import ModuleType

from fairlead.cli.loading import load_code, load_file
from fairlead.cli.named_python import module_at, named, split_name
from fairlead.errors import InvalidRequest
from fairlead.schemas.function_tool import FunctionTool, tool_of
from fairlead.types.paths import path_of

_CODE = re.compile(r"\n|^\s*(async\s+def|def|from|import|@)\b")


def load_tools(names: Sequence[str], sources: Sequence[str]) -> tuple[FunctionTool, ...]:
    """The functions of `-T` and of `--functions`, in their order. Raises `InvalidRequest`.

    A name is `module:function`, `file.py:function`, or a module or file alone for all its public
    functions; a source is a file or Python code itself.
    """
    found: list[object] = []
    for name in names:
        found += _named(name)
    for source in sources:
        found += public_functions(_source(source), source)
    return tuple(tool_of(function) for function in found)


def public_functions(module: ModuleType, shown: str) -> list[object]:
    """Those in `__all__`, or else those defined in the module whose names begin with a letter.

    Raises `InvalidRequest` where there is none.
    """
    listed = getattr(module, "__all__", None)
    if listed is None:
        named = vars(module).items()
        found = [one for name, one in named if name[0] != "_" and _is_own(one, module)]
    else:
        named_ones = [getattr(module, name, None) for name in listed]
        found = [one for one in named_ones if callable(one) and not isinstance(one, type)]
    if not found:
        raise InvalidRequest(f"{_short(shown)} has no public functions; define one with def")
    return found


def _named(given: str) -> list[object]:
    place, name = split_name(given)
    if name is None:
        return public_functions(module_at(place, "-T"), given)
    return [named(place, name, "-T")]


def _source(given: str) -> ModuleType:
    return load_code(given) if _CODE.search(given) else load_file(path_of(given))


def _is_own(value: object, module: ModuleType) -> bool:
    if isinstance(value, FunctionTool):
        return True
    return inspect.isfunction(value) and value.__module__ == module.__name__


def _short(shown: str) -> str:
    return "the code of --functions" if _CODE.search(shown) else shown
