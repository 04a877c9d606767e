"""Python code of the user's own, loaded by name, from a file or from the command line.

What it prints while it loads goes to standard error, and what goes wrong is one sentence.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from importlib import import_module
from pathlib import Path
from types import ModuleType

from fairlead.errors import FairleadError, InvalidRequest

_INLINE = "<functions>"


def load_module(name: str) -> ModuleType:
    """An installed module, or else one in the current folder. Raises `InvalidRequest`."""
    # Last, so that no file that happens to lie here stands in for a module of somebody else.
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)
    with _told_apart(f"the module {name}", name):
        return import_module(name)


def load_file(path: Path) -> ModuleType:
    """A file as a module that no import finds. Raises `InvalidRequest`."""
    try:
        source = path.read_bytes()
        place = str(path.resolve())
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InvalidRequest(f"{path} cannot be read: {reason}") from error
    return _executed(source, place, str(path))


def load_code(code: str) -> ModuleType:
    """Code that stands on the command line, as a module. Raises `InvalidRequest`."""
    return _executed(code, _INLINE, "the code of --functions")


def _executed(source: bytes | str, place: str, shown: str) -> ModuleType:
    # Classes look for their module, to read their annotations: it needs a name, but of its own.
    module = ModuleType(f"<functions of {place}>")
    module.__file__ = place
    sys.modules[module.__name__] = module
    try:
        with _told_apart(shown):
            exec(compile(source, place, "exec", dont_inherit=True), module.__dict__)
    except BaseException:
        del sys.modules[module.__name__]
        raise
    return module


@contextmanager
def _told_apart(shown: str, name: str | None = None) -> Iterator[None]:
    """Raises `InvalidRequest` for all that the code raises."""
    try:
        with redirect_stdout(sys.stderr):
            yield
    except ModuleNotFoundError as error:
        if name is None or error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise _broken(shown, error) from error
        raise InvalidRequest(
            f"there is no module {error.name}, neither installed nor in this folder; "
            f"a file is named by its path, such as ./{error.name}.py"
        ) from None
    except (Exception, SystemExit) as error:
        raise _broken(shown, error) from error


def _broken(shown: str, error: BaseException) -> InvalidRequest:
    if isinstance(error, SyntaxError):
        said, file, line = f"SyntaxError: {error.msg}", error.filename or "", error.lineno
    else:
        ours = isinstance(error, FairleadError)
        said = str(error) if ours else f"{type(error).__name__}: {error}"
        file, line = _last_place(error)
    place = f" ({Path(file).name}, line {line})" if file and line else ""
    return InvalidRequest(f"{shown} cannot be loaded: {said}{place}")


def _last_place(error: BaseException) -> tuple[str, int | None]:
    """The last line that had a part in it, but for the machinery of imports and ours."""
    found: tuple[str, int | None] = ("", None)
    step = error.__traceback__
    while step is not None:
        file = step.tb_frame.f_code.co_filename
        if file != __file__ and not file.startswith("<frozen") and "importlib" not in file:
            found = (file, step.tb_lineno)
        step = step.tb_next
    return found
