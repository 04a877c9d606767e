"""`fairlead similar`: the lines or files nearest in meaning to a query."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from fairlead.cli.operating import Flags, Pairs, operation_options

if TYPE_CHECKING:
    from array import array
    from collections.abc import Sequence

    from fairlead.cli.operation_run import OperationRun
    from fairlead.cli.passages import Passage
    from fairlead.types.operations import EmbeddingRequest, EmbeddingResponse, InputType

    Found = list[tuple[float, Passage]]

_EXCERPT = 100


@click.command("similar")
@click.argument("query")
@click.option(
    "--in",
    "files",
    type=click.Path(allow_dash=True),
    multiple=True,
    metavar="FILE",
    help="Search the lines of a file, or of - (standard input).",
)
@click.option("--whole", is_flag=True, help="A file is one text, not a text for each line.")
@click.option(
    "-n", "count", type=click.IntRange(min=1), default=5, show_default=True, metavar="COUNT",
    help="Print so many.",
)  # fmt: skip
@operation_options
def command(
    query: str,
    files: tuple[str, ...],
    whole: bool,
    count: int,
    model: str | None,
    pairs: Pairs,
    deadline: float | None,
    **flags: bool,
) -> None:
    """Print the lines of files or of standard input that are nearest in meaning to QUERY.

    Each with its score, the cosine of the angle between the vectors: 1 is the same. Without -m,
    local/minilm does it on this machine.
    """
    chosen = Flags(**flags)
    chosen.check()
    from fairlead.cli.operation_run import open_run, operation_arguments
    from fairlead.cli.passages import passages
    from fairlead.cli.prompt import word_or_piped

    arguments = operation_arguments("similar", pairs, deadline)
    query = word_or_piped(query, "similar")
    searched = passages(files, whole=whole)
    run = open_run("embeddings", model, chosen)
    answers = _answers(run, query, [passage.text for passage in searched], arguments)
    if not answers:
        return
    vectors = [vector for answer in answers for vector in answer.embeddings]
    found = _nearest(vectors[0], vectors[1:], searched)[:count]
    if chosen.json:
        _print_json(query, found, answers)
    else:
        _print(found)
    run.account(*answers)


def _answers(
    run: OperationRun, query: str, texts: list[str], arguments: dict[str, Any]
) -> list[EmbeddingResponse]:
    """The vectors of the query and of the texts, in this order; none of a dry run.

    They take two calls where the model embeds queries in another way than texts.
    """
    calls: list[tuple[list[str], InputType | None]] = [([query, *texts], None)]
    if "input_type" not in arguments and _tells_queries(run, query, arguments):
        calls = [([query], "query"), (texts, "document")]
    ready: list[dict[str, Any]] = []
    for inputs, kind in calls:
        keywords = arguments if kind is None else {**arguments, "input_type": kind}
        if not run.unsent(_request(run, inputs, keywords), _call_options(keywords)):
            ready.append({"inputs": inputs, **keywords})
    return run.ask(lambda client: [client.embed(run.model, **keywords) for keywords in ready])


def _tells_queries(run: OperationRun, query: str, arguments: dict[str, Any]) -> bool:
    """Whether the model embeds queries in a way of their own."""
    from fairlead.errors import UnsupportedFeature

    typed = {**arguments, "input_type": "query"}
    strict: Any = {**_call_options(typed), "unsupported": "error"}
    try:
        run.check(_request(run, [query], typed), strict)
    except UnsupportedFeature:
        return False
    return True


def _call_options(arguments: dict[str, Any]) -> Any:
    from fairlead.cli.operation_run import call_options_of

    return call_options_of(arguments)


def _request(run: OperationRun, inputs: list[str], arguments: dict[str, Any]) -> EmbeddingRequest:
    from fairlead.operation_inputs import embedding_request

    kind, options = arguments.get("input_type"), _call_options(arguments)
    return embedding_request(run.model, inputs, arguments.get("dimensions"), kind, options)


def _nearest(
    query: array[float], vectors: Sequence[array[float]], searched: Sequence[Passage]
) -> Found:
    """Best first; of equal ones, the one that stands first."""
    pairs = [(_cosine(query, v), p) for v, p in zip(vectors, searched, strict=True)]
    return sorted(pairs, key=lambda pair: -pair[0])


def _cosine(one: array[float], other: array[float]) -> float:
    from math import hypot
    from operator import mul

    lengths = hypot(*one) * hypot(*other)
    return sum(map(mul, one, other)) / lengths if lengths else 0.0


def _print(found: Found) -> None:
    from fairlead.cli.printable import excerpt
    from fairlead.cli.terminal import table, write

    named = any(passage.file for _, passage in found)
    write(
        table(
            [
                (f"{score:.4f}", *([p.place] if named else []), excerpt(p.text, _EXCERPT))
                for score, p in found
            ]
        )
    )


def _print_json(query: str, found: Found, answers: Sequence[EmbeddingResponse]) -> None:
    import sys

    from fairlead.cli.report import to_json
    from fairlead.cli.terminal import is_terminal, write

    results = [{"score": score, **passage._asdict()} for score, passage in found]
    fields = {
        "query": query,
        "model": answers[-1].model,
        "results": results,
        "receipts": [answer.receipt for answer in answers],
    }
    write(to_json(fields, indent=is_terminal(sys.stdout)) + "\n")
