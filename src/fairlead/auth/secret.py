"""A secret that hides itself: its value comes out through `reveal()` and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn

from fairlead.errors import ConfigError
from fairlead.types.http import REDACTED

MAX_LENGTH = 16 << 10


class Secret:
    """A key or token, fit for a header. `what` names it in errors, such as a variable's name.

    Printing, formatting and encoding give `***`. Copies are the secret itself; a pickled one comes
    back without its value. Raises `ConfigError` for a value that no header can carry.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str, *, what: str = "the key") -> None:
        problem = _problem(value)
        self._value: str | None = None if problem else value
        # A traceback that shows local variables must not show the value of a refused key.
        del value
        if problem:
            raise ConfigError(f"{what} {problem}; set it again without that")

    def reveal(self) -> str:
        """The value, for a header. Raises `ConfigError` for a secret that was unpickled."""
        if self._value is None:
            raise ConfigError("the key was left behind when it was pickled; read it again")
        return self._value

    def __repr__(self) -> str:
        return REDACTED

    def __format__(self, spec: str) -> str:
        return format(REDACTED, spec)

    def __eq__(self, other: object) -> bool:
        from hmac import compare_digest

        if not isinstance(other, Secret):
            return NotImplemented
        if self._value is None or other._value is None:
            return self is other
        return compare_digest(self._value.encode(), other._value.encode())

    __hash__ = None  # type: ignore[assignment]  # a hash of a key would tell of the key

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    def __getstate__(self) -> None:
        return None

    def __setstate__(self, state: object) -> NoReturn:
        raise TypeError("a secret cannot be restored from a state")

    def __reduce__(self) -> tuple[object, ...]:
        return _withheld, ()

    def __reduce_ex__(self, protocol: object) -> tuple[object, ...]:
        return _withheld, ()


def sealed_keys(keys: object) -> dict[str, Secret]:
    """The `keys=` of a client, by provider, sealed; none for None. Raises `ConfigError`.

    A traceback that shows local variables must show no key: none is left here when it raises.
    """
    if keys is None:
        return {}
    found: dict[str, Secret] = {}
    problem = ""
    if isinstance(keys, Mapping):
        for name in keys:
            try:
                found[name] = Secret(keys[name], what=f"the key of {name}")
            except ConfigError as error:
                problem = str(error)
    else:
        problem = "keys must name the provider of each, as in keys={'openai': ...}"
    del keys
    if problem:
        raise ConfigError(problem)
    return found


def _withheld() -> Secret:
    """What a pickled secret comes back as."""
    secret = Secret.__new__(Secret)
    secret._value = None
    return secret


def _problem(value: str) -> str:
    """Why no header can carry `value`, in words that do not show it; empty when one can."""
    if not value:
        return "is empty"
    if len(value) > MAX_LENGTH:
        return f"is longer than {MAX_LENGTH:,} characters"
    if not value.isascii():
        return "holds a character outside ASCII"
    if not value.isprintable():
        return "holds a line break or another control character"
    if value != value.strip():
        return "begins or ends with a space"
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        return "stands between quotes"
    return ""
