"""`fairlead image`: pictures of what a prompt describes, as files or addresses."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from fairlead.cli.operating import Flags, Pairs, operation_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fairlead.types.operations import GeneratedImage

_ENDINGS = {
    "image/png": (".png",),
    "image/jpeg": (".jpg", ".jpeg"),
    "image/webp": (".webp",),
    "image/gif": (".gif",),
}
_KNOWN = frozenset(ending for endings in _ENDINGS.values() for ending in endings)
_UNNAMED = "image"


@click.command("image")
@click.argument("prompt", required=False)
@click.option("-n", "count", type=int, metavar="COUNT", help="Draw so many.")
@click.option("--size", metavar="WxH", help="Width and height in pixels, such as 1024x1024.")
@click.option(
    "--save",
    type=click.Path(),
    metavar="FILE",
    help="Where the picture goes, or how the names of several begin; else image.png.",
)
@operation_options
def command(
    prompt: str | None,
    count: int | None,
    size: str | None,
    save: str | None,
    model: str | None,
    pairs: Pairs,
    deadline: float | None,
    **flags: bool,
) -> None:
    """Draw what PROMPT, or standard input, describes.

    Prints the name of each file, or the address where the provider gave one instead. The kind of
    picture decides how a name ends.
    """
    chosen = Flags(**flags)
    chosen.check()
    from fairlead.cli.operation_run import call_options_of, open_run, operation_arguments
    from fairlead.cli.places import STDOUT, file_to_write
    from fairlead.cli.prompt import word_or_piped
    from fairlead.operation_inputs import image_request

    if save == STDOUT:
        raise click.UsageError("pictures go into files; use --save FILE")
    arguments = operation_arguments("image", pairs, deadline, n=count, size=size)
    place = file_to_write(save or _UNNAMED + ".png")
    wanted = word_or_piped(prompt, "image").rstrip("\r\n")
    run = open_run("image", model, chosen)
    options = call_options_of(arguments)
    request = image_request(
        run.model, wanted, n=count, size=size, quality=arguments.get("quality"), options=options
    )
    if run.unsent(request, options):
        return
    answer = run.ask(lambda client: client.image(run.model, wanted, **arguments))
    paths = _kept(answer.images, place, overwrite=save is not None)
    if chosen.json:
        run.print_json(answer, paths=[None if path is None else str(path) for path in paths])
    else:
        _print(answer.images, paths, quiet=chosen.quiet)
    run.account(answer)


def _kept(images: Sequence[GeneratedImage], place: Path, *, overwrite: bool) -> list[Path | None]:
    """Write the pictures whose bytes came; None for those that came as an address."""
    found: list[Path | None] = []
    for number, image in enumerate(images, 1):
        if image.data is None:
            found.append(None)
            continue
        path = _named(place, number if len(images) > 1 else None, image.media_type)
        path = path if overwrite else _free(path)
        path.write_bytes(image.data)
        found.append(path)
    return found


def _named(place: Path, number: int | None, media_type: str | None) -> Path:
    """The name with its number, ending as the kind of picture asks for."""
    ending = place.suffix if place.suffix.lower() in _KNOWN else ""
    stem = place.name.removesuffix(ending)
    fitting = _ENDINGS.get(media_type or "", (ending,))
    if ending.lower() not in fitting:
        ending = fitting[0]
    return place.with_name(f"{stem}{'' if number is None else f'-{number}'}{ending}")


def _free(path: Path) -> Path:
    """Nobody named it, so what is there already stays."""
    number = 1
    free = path
    while free.exists():
        number += 1
        free = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return free


def _print(images: Sequence[GeneratedImage], paths: Sequence[Path | None], *, quiet: bool) -> None:
    from fairlead.cli.printable import one_line
    from fairlead.cli.terminal import note, write

    for image, path in zip(images, paths, strict=True):
        write(f"{one_line(image.url or '') if path is None else path}\n")
    if None in paths and not quiet:
        note("the provider keeps the picture at that address, perhaps not for long; fetch it soon")
