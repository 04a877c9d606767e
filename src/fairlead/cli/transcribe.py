"""`fairlead transcribe`: what is said in a sound file, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from fairlead.cli.operating import Flags, Pairs, operation_options

if TYPE_CHECKING:
    from fairlead.types.operations import Transcription, TranscriptSegment


@click.command("transcribe")
@click.argument("file", metavar="FILE", type=click.Path(allow_dash=True))
@click.option("--language", metavar="CODE", help="The language that is spoken, such as en.")
@click.option(
    "--timestamps",
    type=click.Choice(["segment", "word"]),
    help="Print when each stretch is said, one to a line.",
)
@operation_options
def command(
    file: str,
    language: str | None,
    timestamps: str | None,
    model: str | None,
    pairs: Pairs,
    deadline: float | None,
    **flags: bool,
) -> None:
    """Write down what is said in FILE, a sound file; - is standard input."""
    chosen = Flags(**flags)
    chosen.check()
    from fairlead.cli.operation_run import call_options_of, open_run, operation_arguments
    from fairlead.operation_inputs import transcription_request

    arguments = operation_arguments(
        "transcribe", pairs, deadline, language=language, timestamps=timestamps
    )
    audio = _audio(file)
    run = open_run("transcription", model, chosen)
    options = call_options_of(arguments)
    request = transcription_request(
        run.model,
        audio,
        language=language,
        prompt=arguments.get("prompt"),
        temperature=arguments.get("temperature"),
        timestamps=timestamps,
        options=options,
    )
    if run.unsent(request, options):
        return
    answer = run.ask(lambda client: client.transcribe(run.model, audio, **arguments))
    if chosen.json:
        run.print_json(answer)
    else:
        _print(answer, timed=timestamps is not None)
    run.account(answer)


def _audio(file: str) -> str | bytes:
    """Standard input is held in memory, as nothing tells its size beforehand."""
    if file != "-":
        return file
    from fairlead.cli.prompt import read_stdin
    from fairlead.errors import InvalidRequest

    data = read_stdin()
    if not data:
        raise InvalidRequest("standard input is empty; send a sound file to it")
    return data


def _print(answer: Transcription, *, timed: bool) -> None:
    from fairlead.cli.printable import printable
    from fairlead.cli.terminal import table, write

    pieces = answer.words or answer.segments
    if timed and pieces:
        write(table([(_span(piece), piece.text) for piece in pieces]))
    else:
        write(printable(answer.text).rstrip("\n") + "\n")


def _span(piece: TranscriptSegment) -> str:
    return f"{_clock(piece.start)} - {_clock(piece.end)}"


def _clock(seconds: float) -> str:
    whole, hundredths = divmod(round(seconds * 100), 100)
    minutes, rest = divmod(whole, 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest:02}.{hundredths:02}"
