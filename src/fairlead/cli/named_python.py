"""Things of the user's own Python by name: `module:name`, or `file.py:name`."""

from __future__ import annotations

import re
from operator import attrgetter
from types import ModuleType

from fairlead.cli.loading import load_file, load_module
from fairlead.errors import InvalidRequest
from fairlead.types.paths import path_of

_NAME = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")


def split_name(given: str) -> tuple[str, str | None]:
    """The module or file, and the name inside; None where there is only the first."""
    place, colon, name = given.rpartition(":")
    if colon and place and _NAME.fullmatch(name):
        return place, name
    return given, None


def is_named(given: str) -> bool:
    """Whether `given` can only be meant as `module:name` or `file.py:name`."""
    place, name = split_name(given)
    return name is not None and (_is_path(place) or _NAME.fullmatch(place) is not None)


def module_at(place: str, option: str) -> ModuleType:
    """A module by its name or its file. Raises `InvalidRequest`."""
    if _is_path(place):
        return load_file(path_of(place))
    if not _NAME.fullmatch(place):
        raise InvalidRequest(
            f"{option} {place}: name it as module:name or file.py:name, or a module or file alone"
        )
    return load_module(place)


def named(place: str, name: str, option: str) -> object:
    """What `name` is there; it may have dots. Raises `InvalidRequest`."""
    module = module_at(place, option)
    try:
        return attrgetter(name)(module)
    except AttributeError:
        there = getattr(module, "__file__", None) or place
        raise InvalidRequest(f"{place} has no {name!r} (looked in {there})") from None


def _is_path(place: str) -> bool:
    return place.endswith(".py") or "/" in place or "\\" in place
