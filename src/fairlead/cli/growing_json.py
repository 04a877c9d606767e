"""JSON on standard output: on one line in a pipe; for a person indented, and while it comes."""

from __future__ import annotations

import dataclasses
import sys
from typing import TYPE_CHECKING

import msgspec

from fairlead.cli.printable import escaped_json
from fairlead.cli.terminal import is_terminal, note, write
from fairlead.errors import InvalidRequest
from fairlead.schemas.values import text_of

if TYPE_CHECKING:
    from fairlead.types.extraction import Partial


class GrowingJson:
    """Shows the fields of an object at a terminal, each as soon as it is complete and valid.

    In a pipe only a whole value is of use; there, and for what is no object, it waits.
    """

    def __init__(self) -> None:
        self._shows = is_terminal(sys.stdout)
        self._attempt = 1
        self._shown: list[str] = []

    def show(self, partial: Partial[object]) -> None:
        """The fields that are new. One attempt after another begins a new object."""
        if partial.attempt != self._attempt:
            self._attempt = partial.attempt
            self.leave()
            note(f"the answer was not what was asked for; attempt {partial.attempt}")
        if not (self._shows and isinstance(partial.value, dict)):
            return
        for name in partial.complete:
            if isinstance(name, str) and name not in self._shown:
                self._field(name, value_json(partial.fields.get(name, partial.value[name])))

    def end(self, value: object) -> None:
        """The rest, now that all of it is known."""
        whole = value_json(value)
        if not self._shown:
            write(_indented(whole) + "\n" if self._shows else f"{whole}\n")
            return
        for name, inner in msgspec.json.decode(whole, type=dict[str, msgspec.Raw]).items():
            if name not in self._shown:
                self._field(name, bytes(inner).decode())
        write("\n}\n")
        self._shown = []

    def leave(self) -> None:
        """Whatever is shown is all: end its line."""
        if self._shown:
            write("\n")
        self._shown = []

    def _field(self, name: str, inner: str) -> None:
        pretty = _indented(inner).replace("\n", "\n  ")
        write(f"{',' if self._shown else '{'}\n  {value_json(name)}: {pretty}")
        self._shown.append(name)


def value_json(value: object) -> str:
    """A value of any type that answers can have as JSON, harmless for a terminal.

    Raises `InvalidRequest` for one that JSON has no form for.
    """
    if isinstance(value, str):
        return escaped_json(msgspec.json.encode(value).decode())
    try:
        return escaped_json(text_of(_with_defaults(value)))
    except TypeError as error:
        raise InvalidRequest(
            f"the answer cannot be written as JSON ({error}); choose another type for --schema"
        ) from None


def _with_defaults(value: object) -> object:
    """msgspec leaves out what a dataclass has from its class alone; here all fields are told."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in dataclasses.fields(value)]
        return {name: _with_defaults(getattr(value, name)) for name in names}
    if isinstance(value, list | tuple | set | frozenset):
        return [_with_defaults(item) for item in value]
    if isinstance(value, dict):
        return {name: _with_defaults(item) for name, item in value.items()}
    return value


def _indented(text: str) -> str:
    return escaped_json(msgspec.json.format(text, indent=2))
