"""`fairlead embed`: texts as vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from fairlead.cli.operating import Flags, Pairs, operation_options

if TYPE_CHECKING:
    from array import array
    from collections.abc import Sequence

    from fairlead.types.operations import EmbeddingResponse

_SHOWN = 4
_EXCERPT = 40


@click.command("embed")
@click.argument("texts", nargs=-1, metavar="[TEXT]...")
@operation_options
@click.option("--lines", is_flag=True, help="Each line of standard input is a text.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["jsonl", "npy"]),
    help="A JSON list of numbers for each text, or one file for numpy.",
)
def command(
    texts: tuple[str, ...],
    model: str | None,
    pairs: Pairs,
    deadline: float | None,
    lines: bool,
    form: str | None,
    **flags: bool,
) -> None:
    """Turn each TEXT, or standard input, into a vector.

    Into a pipe or a file goes a JSON list of numbers for each text; a terminal shows where each
    begins. Without -m, local/minilm does it on this machine.
    """
    chosen = Flags(**flags)
    chosen.check()
    _check(form, json=chosen.json, dry_run=chosen.dry_run)
    from fairlead.cli.operation_run import call_options_of, open_run, operation_arguments
    from fairlead.operation_inputs import embedding_request

    arguments = operation_arguments("embed", pairs, deadline)
    inputs = _inputs(texts, lines=lines)
    run = open_run("embeddings", model, chosen)
    options = call_options_of(arguments)
    request = embedding_request(
        run.model, inputs, arguments.get("dimensions"), arguments.get("input_type"), options
    )
    if run.unsent(request, options):
        return
    answer = run.ask(lambda client: client.embed(run.model, inputs, **arguments))
    if chosen.json:
        run.print_json(answer)
    else:
        _print(inputs, answer, form)
    run.account(answer)


def _check(form: str | None, *, json: bool, dry_run: bool) -> None:
    import sys

    from fairlead.cli.terminal import is_terminal

    if form and json:
        raise click.UsageError("--format and --json exclude each other; keep one")
    if form == "npy" and not dry_run and is_terminal(sys.stdout):
        raise click.UsageError("--format npy is not for a terminal; send it to a file: > v.npy")


def _inputs(texts: tuple[str, ...], *, lines: bool) -> list[str]:
    """Raises `InvalidRequest` or `click.UsageError`."""
    from fairlead.cli.prompt import checked_word, lines_of, word_or_piped
    from fairlead.errors import InvalidRequest

    if texts and lines:
        raise click.UsageError("--lines is for standard input; leave the texts out")
    if texts:
        return [checked_word(text) for text in texts]
    piped = word_or_piped(None, "embed")
    if not lines:
        return [piped.rstrip("\r\n")]
    found = lines_of(piped)
    for number, line in enumerate(found, 1):
        # Leaving it out would shift all vectors behind it.
        if not line:
            raise InvalidRequest(f"line {number} of standard input is empty; each needs a text")
    return found


def _print(inputs: Sequence[str], answer: EmbeddingResponse, form: str | None) -> None:
    import sys

    from fairlead.cli.report import to_json
    from fairlead.cli.terminal import is_terminal, output, table, write

    if form == "npy":
        from fairlead.cli.npy import npy

        output().buffer.write(npy(answer.embeddings))
    elif form is None and is_terminal(sys.stdout):
        rows = [_summary(t, v) for t, v in zip(inputs, answer.embeddings, strict=True)]
        write(table(rows))
    else:
        write("".join(f"{to_json(vector.tolist())}\n" for vector in answer.embeddings))


def _summary(text: str, vector: array[float]) -> tuple[str, ...]:
    from fairlead.cli.printable import excerpt

    beginning = ", ".join(f"{number:.4f}" for number in vector[:_SHOWN])
    return (f"{len(vector)} numbers", f"[{beginning}, ...]", excerpt(text, _EXCERPT))
