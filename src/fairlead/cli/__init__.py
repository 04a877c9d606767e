"""The command line. `main` is its entry; one file holds one command, or one thing they share.

Answers go to standard output, everything else to standard error. Whatever costs time to import is
imported inside the command that needs it.
"""

from __future__ import annotations


def main() -> None:
    """Run the command line with the arguments of this process, and exit.

    An interrupt raises `KeyboardInterrupt` only where `program` catches it. While that is loading,
    and in what runs at exit, an interrupt ends the process without a traceback.
    """
    _interrupts(raise_an_error=False)
    from fairlead.cli.program import program

    _interrupts(raise_an_error=True)
    try:
        program.main()
    finally:
        _interrupts(raise_an_error=False)


def _interrupts(*, raise_an_error: bool) -> None:
    import signal

    # A shell has them ignored for a job in the background; so they stay.
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        action = signal.default_int_handler if raise_an_error else signal.SIG_DFL
        signal.signal(signal.SIGINT, action)
