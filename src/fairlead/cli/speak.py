"""`fairlead speak`: a text read aloud, into a file or a pipe."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from fairlead.cli.operating import Flags, Pairs, operation_options

if TYPE_CHECKING:
    from fairlead.speech import SpeechStream
    from fairlead.types.operations import Speech

_FORMATS = {
    ".mp3": "mp3",
    ".wav": "wav",
    ".opus": "opus",
    ".ogg": "opus",
    ".aac": "aac",
    ".flac": "flac",
    ".pcm": "pcm",
}


@click.command("speak")
@click.argument("text", required=False)
@click.option("--voice", metavar="NAME", help="Who speaks, in the provider's words.")
@click.option(
    "--save",
    type=click.Path(),
    metavar="FILE",
    help="Where the sound goes; its ending says the format.",
)
@operation_options
def command(
    text: str | None,
    voice: str | None,
    save: str | None,
    model: str | None,
    pairs: Pairs,
    deadline: float | None,
    **flags: bool,
) -> None:
    """Read TEXT, or standard input, aloud.

    The sound goes into FILE, whose name is printed, or else into a pipe.
    """
    chosen = Flags(**flags)
    chosen.check()
    from fairlead.cli.operation_run import call_options_of, open_run, operation_arguments
    from fairlead.cli.prompt import word_or_piped
    from fairlead.operation_inputs import speech_request

    arguments = operation_arguments("speak", pairs, deadline, voice=voice)
    place = _place(save, json=chosen.json, dry_run=chosen.dry_run)
    if place is not None and place.suffix.lower() in _FORMATS:
        arguments.setdefault("format", _FORMATS[place.suffix.lower()])
    said = word_or_piped(text, "speak").rstrip("\r\n")
    run = open_run("speech", model, chosen)
    options = call_options_of(arguments)
    request = speech_request(
        run.model,
        said,
        voice=voice,
        format=arguments.get("format"),
        speed=arguments.get("speed"),
        instructions=arguments.get("instructions"),
        options=options,
    )
    if run.unsent(request, options):
        return
    speech = run.ask(lambda client: _keep(client.speak(run.model, said, **arguments), place))
    if chosen.json:
        run.print_json(speech, path=str(place))
    elif place is not None:
        from fairlead.cli.terminal import write

        write(f"{place}\n")
    run.account(speech)


def _place(save: str | None, *, json: bool, dry_run: bool) -> Path | None:
    """The file, or None for standard output. Raises where neither can take sound."""
    from fairlead.cli.places import STDOUT, check_pipe, file_to_write

    if save not in (None, STDOUT):
        return file_to_write(save)
    if dry_run:
        return None
    if json:
        raise click.UsageError("--json needs --save FILE, as the sound takes standard output")
    check_pipe("sound")
    return None


def _keep(stream: SpeechStream, place: Path | None) -> Speech:
    if place is not None:
        return stream.save(place)
    from fairlead.cli.places import write_bytes

    with stream:
        for piece in stream:
            write_bytes(piece)
        return stream.result()
