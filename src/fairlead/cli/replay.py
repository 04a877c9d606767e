"""`fairlead replay`: what is on a tape, or the tape as a provider for programs in any language."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from fairlead.tapes.exchange import Exchange
    from fairlead.tapes.faults import Always, Fault
    from fairlead.tapes.replaying import Replay

_COUNTED_FROM_ONE = ("slow", "slice", "late", "429")
_HEADINGS = ("", "request", "status", "seconds", "bytes", "pieces", "end")


@click.command("replay")
@click.argument("tape", metavar="TAPE")
@click.option("--serve", is_flag=True, help="Answer requests on this machine until Ctrl-C.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Else a free one.")
@click.option("--speed", type=float, default=1.0, show_default=True, help="0 is without waiting.")
@click.option("--once", is_flag=True, help="Give each answer once, and not the last one again.")
@click.option(
    "--fault",
    "named",
    metavar="FAULT",
    multiple=True,
    help="Do this to answers: cut=BYTES, reset=BYTES, stall=BYTES, slow=BYTES_PER_SECOND, "
    "slice=BYTES, late=SECONDS, duplicate, 429=SECONDS or error=EVENTS.",
)
@click.option("--first", type=click.IntRange(1), help="Only to so many answers, and then no more.")
def command(
    tape: str,
    serve: bool,
    port: int,
    speed: float,
    once: bool,
    named: tuple[str, ...],
    first: int | None,
) -> None:
    """Show what is on the folder TAPE or, with --serve, be the provider that it was recorded from.

    The address is printed on standard output: give it to a program as its base URL, with the path
    that the provider's has (such as /v1). Answers come in the pieces and at the times recorded.
    """
    from fairlead.cli.terminal import output
    from fairlead.tapes.replaying import Replay

    output()
    faults = [_first(_fault(word), first) for word in named]
    played = Replay(tape, speed=speed, once=once, faults=faults, any_origin=True)
    if serve:
        _serve(played, port)
    else:
        _show(played)


def _serve(tape: Replay, port: int) -> None:
    from threading import Event

    from fairlead.cli.terminal import note, write
    from fairlead.engine.runtime import GLANCE
    from fairlead.tapes.serving import TapeServer

    forever = Event()
    with TapeServer(tape, port=port) as server:
        write(f"{server.url}\n")
        paths = ", ".join(sorted({_path(exchange) for exchange in tape.exchanges}))
        count = len(tape.exchanges)
        note(f"{count} exchange{'s' * (count != 1)} for {paths}; Ctrl-C ends it")
        while not forever.wait(GLANCE):
            pass


def _show(tape: Replay) -> None:
    from fairlead.cli.terminal import table, write

    rows = [_row(number, exchange) for number, exchange in enumerate(tape.exchanges, 1)]
    write(table([_HEADINGS, *rows]))


def _row(number: int, exchange: Exchange) -> tuple[str, ...]:
    answer, ending = exchange.answer, exchange.ending
    end = ending.how if ending.failure is None else ending.failure.kind
    return (
        str(number),
        f"{exchange.request.method} {exchange.request.url}",
        "" if answer is None else str(answer.status),
        f"{ending.at:.3f}",
        "" if answer is None else f"{len(answer.body):,}",
        "" if answer is None else str(len(answer.chunks)),
        end,
    )


def _path(exchange: Exchange) -> str:
    from urllib.parse import urlsplit

    return urlsplit(exchange.request.url).path or "/"


def _first(fault: Always, count: int | None) -> Fault:
    from fairlead.tapes.faults import First

    return fault if count is None else First(fault, count)


def _fault(word: str) -> Always:
    name, _, figure = word.partition("=")
    make = _faults().get(name)
    if make is None:
        raise click.UsageError(f"there is no fault {name!r}; it is one of {', '.join(_faults())}")
    try:
        value = float(figure or (1 if name in _COUNTED_FROM_ONE else 0))
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf") or (name == "slow" and not value):
        raise click.UsageError(f"the figure of --fault {word} must be a number of 0 or above")
    return make(value)


def _faults() -> dict[str, Callable[[float], Always]]:
    """Every fault by its word; each takes one figure, which has a meaning for most."""
    from fairlead.tapes.faults import DuplicateFrames, ErrorInside, RateLimited
    from fairlead.testing.toxics import (
        Bandwidth,
        HalfOpen,
        Latency,
        LimitData,
        ResetPeer,
        Slicer,
    )

    return {
        "cut": lambda count: LimitData(int(count)),
        "reset": lambda count: ResetPeer(int(count)),
        "stall": lambda count: HalfOpen(int(count)),
        "slow": Bandwidth,
        "slice": lambda size: Slicer(int(size)),
        "late": Latency,
        "duplicate": lambda _: DuplicateFrames(),
        "429": RateLimited,
        "error": lambda after: ErrorInside(int(after)),
    }
