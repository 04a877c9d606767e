"""`fairlead rerank`: documents in the order of how well they answer a query."""

from __future__ import annotations

import click

from fairlead.cli.operating import Flags, Pairs, operation_options


@click.command("rerank")
@click.argument("query")
@click.argument("documents", nargs=-1, metavar="[DOCUMENT]...")
@click.option("-n", "top_n", type=int, metavar="COUNT", help="Print no more than so many.")
@operation_options
def command(
    query: str,
    documents: tuple[str, ...],
    top_n: int | None,
    model: str | None,
    pairs: Pairs,
    deadline: float | None,
    **flags: bool,
) -> None:
    """Order each DOCUMENT, or each line of standard input, by how well it answers QUERY.

    Prints score and document, best first.
    """
    chosen = Flags(**flags)
    chosen.check()
    from fairlead.cli.operation_run import call_options_of, open_run, operation_arguments
    from fairlead.cli.prompt import checked_word
    from fairlead.cli.terminal import table, write
    from fairlead.operation_inputs import rerank_request

    arguments = operation_arguments("rerank", pairs, deadline, top_n=top_n)
    query, texts = checked_word(query), _documents(documents)
    run = open_run("rerank", model, chosen)
    options = call_options_of(arguments)
    if run.unsent(rerank_request(run.model, query, texts, top_n, options), options):
        return
    answer = run.ask(lambda client: client.rerank(run.model, query, texts, **arguments))
    if chosen.json:
        run.print_json(answer)
    else:
        write(table([(f"{found.score:.4f}", found.document) for found in answer.results]))
    run.account(answer)


def _documents(documents: tuple[str, ...]) -> list[str]:
    """Raises `InvalidRequest` where there is none."""
    from fairlead.cli.prompt import checked_word, lines_of, piped_text
    from fairlead.errors import InvalidRequest

    if documents:
        return [checked_word(document) for document in documents]
    found = [line for line in lines_of(piped_text()) if line.strip()]
    if not found:
        raise InvalidRequest(
            "there are no documents; write them behind the query, or send lines to standard input"
        )
    return found
