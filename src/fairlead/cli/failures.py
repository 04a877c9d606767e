"""How a run ends: every exception becomes one line on standard error and an exit code."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable

import click

from fairlead.cli.terminal import note, write_error
from fairlead.errors import ConnectError, ConnectTimeout, FairleadError, NotFoundError

USAGE = 2
INTERRUPTED = 130
BROKEN_PIPE = 141
"""What a shell reports for a program that a closed pipe ended."""

_PLAIN = {"a valid float": "a number", "a valid integer": "a whole number"}
"""click's words for types, and those for people."""


def exit_code_of(run: Callable[[], object]) -> int:
    """Run to the end, tell what went wrong, and return the exit code."""
    try:
        run()
        if sys.stdout is not None:
            sys.stdout.flush()
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except click.UsageError as error:
        return _usage(error)
    except click.ClickException as error:
        note(error.format_message())
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except FairleadError as error:
        return _failed(error)
    except OSError as error:
        return _broken(error)
    except Exception as error:
        return INTERRUPTED if _interrupted(error) else _unforeseen(error)
    return 0


def failure(error: FairleadError) -> str:
    """The sentence for an error, what was noted on it, such as the number of attempts, and help."""
    said = str(error) or error.error_type
    return "; ".join([said, *getattr(error, "__notes__", ()), *_help_with(error)])


def _help_with(error: FairleadError) -> list[str]:
    """What to do at this terminal, where the error cannot know it."""
    if isinstance(error, ConnectError | ConnectTimeout):
        from fairlead.cli.checkup import ignored_proxies

        return [said] if (said := ignored_proxies()) else []
    if isinstance(error, NotFoundError) and error.remedy is None and "://" not in error.target:
        provider = error.target.partition("/")[0]
        return [f"fairlead models {provider} lists those that it has"]
    return []


def _failed(error: FairleadError) -> int:
    _traceback(error)
    note(failure(error))
    return error.exit_code


def _usage(error: click.UsageError) -> int:
    text = error.format_message().rstrip(".")
    for jargon, plain in _PLAIN.items():
        text = text.replace(jargon, plain)
    hint = _as_option(error) or f"see {_help_of(error.ctx)}"
    note(f"{text[:1].lower()}{text[1:]} ({hint})")
    return USAGE


def _as_option(error: click.UsageError) -> str:
    """How to give what is no flag here, but an option of the call; empty where it is none."""
    takes = {item.name for item in error.ctx.command.params} if error.ctx else set()
    if not isinstance(error, click.NoSuchOption) or "pairs" not in takes:
        return ""
    from fairlead.cli.options import chat_table

    key = error.option_name.lstrip("-").replace("-", "_")
    return f"write -o {key} VALUE" if key in chat_table().hints else ""


def _help_of(context: click.Context | None) -> str:
    path = context.command_path if context else "fairlead"
    return f"{path.removesuffix(' ask')} --help"


def _broken(error: OSError) -> int:
    if isinstance(error, BrokenPipeError) or error.errno == errno.EPIPE:
        _abandon_output()
        return BROKEN_PIPE
    _traceback(error)
    place = f" ({error.filename})" if error.filename else ""
    _abandon_output()
    note(f"{error.strerror or type(error).__name__}{place}; make room or choose another place")
    return 1


def _interrupted(error: BaseException | None) -> bool:
    """Whether an interrupt lies beneath: before 3.12, Python wraps one that hits a class body."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__ or error.__context__
    return error is not None


def _unforeseen(error: Exception) -> int:
    _traceback(error)
    note(
        f"this is a fault of fairlead's own ({type(error).__name__}: {error}); "
        "please report it with the output of FAIRLEAD_DEBUG=1"
    )
    return 1


def _traceback(error: BaseException) -> None:
    """The traceback where `FAIRLEAD_DEBUG` asks for it. It shows no values of variables."""
    if os.environ.get("FAIRLEAD_DEBUG", "") in ("", "0"):
        return
    import traceback

    from fairlead.cli.printable import printable

    write_error(printable("".join(traceback.format_exception(error))))


def _abandon_output() -> None:
    """Nobody reads any more: let the flush at exit go nowhere, instead of failing again."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
    except (OSError, ValueError, AttributeError):
        return  # there is no such output to abandon
