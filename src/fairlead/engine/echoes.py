"""Hides the keys that a server has sent back in what it said, such as in an error within a 200."""

from __future__ import annotations

from collections.abc import Callable

from fairlead.errors import FairleadError


def hide_echoes(error: BaseException | None, redact: Callable[[bytes], bytes], target: str) -> None:
    """Hide them in the words of `error` and of its causes, in place.

    Where one was found the tracebacks go too: their local variables hold what the server sent.
    A key that is a word of the target's name is none: such as `ollama`, which takes any.
    """
    name = target.encode()
    if isinstance(error, FairleadError) and redact(name) == name and _hidden(error, redact):
        error.__traceback__ = None


def _hidden(error: FairleadError, redact: Callable[[bytes], bytes]) -> bool:
    """Whether there was one in `error`, or in a cause of it."""
    found = _cleaned(error, redact)
    cause = error.__cause__
    if isinstance(cause, FairleadError):
        found = _hidden(cause, redact) or found
        if found:
            cause.__traceback__ = None
    elif cause is not None:
        # What a library says of a damaged answer may hold all of it.
        found = found or _shows(cause, redact)
        if found:
            error.__cause__ = error.__context__ = None
    return found


def _cleaned(error: FairleadError, redact: Callable[[bytes], bytes]) -> bool:
    """Whether there was one in the words of `error`."""
    args = tuple(_clean(value, redact) for value in error.args)
    own = {name: _clean(value, redact) for name, value in error.__dict__.items()}
    if args == error.args and own == error.__dict__:
        return False
    error.args = args
    error.__dict__.update(own)
    return True


def _clean(value: object, redact: Callable[[bytes], bytes]) -> object:
    if not isinstance(value, str):
        return value
    return redact(value.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")


def _shows(cause: BaseException, redact: Callable[[bytes], bytes]) -> bool:
    said = repr((cause.args, vars(cause))).encode("utf-8", "surrogatepass")
    return redact(said) != said
