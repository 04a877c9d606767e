"""`fairlead count`: how many tokens a prompt has, in the model's own counting."""

from __future__ import annotations

import click

from fairlead.cli.ask_options import attach_option
from fairlead.cli.operating import Flags, Pairs, operation_options


@click.command("count")
@click.argument("prompt", required=False)
@click.option("-s", "--system", metavar="TEXT", help="The system prompt.")
@attach_option
@operation_options
def command(
    prompt: str | None,
    system: str | None,
    attachments: tuple[str, ...],
    model: str | None,
    pairs: Pairs,
    deadline: float | None,
    **flags: bool,
) -> None:
    """Print how many tokens the model would read for PROMPT, or standard input.

    The provider counts; nothing is generated or billed.
    """
    chosen = Flags(**flags)
    chosen.check()
    from fairlead.cli.ask import call_options, complete_options
    from fairlead.cli.operation_options import operation_table
    from fairlead.cli.operation_run import OperationRun, call_options_of
    from fairlead.cli.prompt import user_message
    from fairlead.cli.session import open_session
    from fairlead.cli.terminal import output, write
    from fairlead.inputs import chat_request

    output()
    table = operation_table("count")
    options = call_options(pairs, system=system, deadline=deadline, table=table)
    message = user_message(() if prompt is None else (prompt,), attachments)
    session = open_session(model, quiet=chosen.quiet)
    complete_options(session, options)
    run = OperationRun(session, "count_tokens", chosen)
    if run.unsent(chat_request(run.model, [message], options), call_options_of(options)):
        return
    answer = run.ask(lambda client: client.count_tokens(run.model, [message], **options))
    if chosen.json:
        run.print_json(answer)
    else:
        write(f"{answer.tokens}\n")
    run.account(answer)
