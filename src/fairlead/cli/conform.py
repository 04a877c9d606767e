"""`fairlead conform`: a server against its protocol, check by check, and the scorecard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from fairlead.auth.secret import Secret
    from fairlead.types.conformance import CheckOutcome, Scorecard, Verdict


@click.command("conform")
@click.argument("url")
@click.option("--dialect", default="openai_chat", show_default=True,
              help="openai_chat, openai_responses or anthropic_messages.")  # fmt: skip
@click.option("-m", "--model", help="The model to ask; without it, the first that is listed.")
@click.option("--key-env", metavar="NAME", help="The environment variable that holds the key.")
@click.option("--only", multiple=True, metavar="AREA", help="Only this area; may be repeated.")
@click.option("--costly", is_flag=True, help="Also send a prompt of 300,000 words.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def command(
    context: click.Context,
    url: str,
    dialect: str,
    model: str | None,
    key_env: str | None,
    only: tuple[str, ...],
    costly: bool,
    as_json: bool,
) -> None:
    """Check the server or gateway at URL against the protocol that it claims to speak.

    URL is what a client takes as its base, such as http://localhost:8080/v1. About fifty small
    requests are made, which a provider may bill. Exits with 0 only where nothing fails.
    """
    from fairlead.cli.report import to_json
    from fairlead.cli.terminal import write
    from fairlead.conforming.start import examination

    key = None if key_env is None else _key_of(key_env)
    with examination(
        url, dialect=dialect, model=model, key=key, only=only, costly=costly, settings=None
    ) as run:
        outcomes: list[CheckOutcome] = []
        for outcome in run.outcomes():
            outcomes.append(outcome)
            if not as_json:
                write(_line(outcome))
        card = run.scorecard(outcomes)
    write(to_json(_fields(card), indent=True) + "\n" if as_json else f"\n{_totals(card)}")
    if not card.ok:
        context.exit(1)


def _key_of(name: str) -> Secret:
    import os

    from fairlead.auth.secret import Secret
    from fairlead.errors import MissingCredentials

    if not os.environ.get(name):
        raise MissingCredentials(f"{name} is not set; set it to the server's key")
    return Secret(os.environ[name], what=name)


def _line(outcome: CheckOutcome) -> str:
    from fairlead.cli.findings import Finding

    detail = outcome.evidence
    if outcome.verdict in ("warn", "fail"):
        detail = f"{detail} ({outcome.says}: {outcome.source})"
    state = "ok" if outcome.verdict == "pass" else outcome.verdict
    return Finding(state, f"{outcome.area}, {outcome.name}", detail).line()


def _totals(card: Scorecard) -> str:
    from fairlead.cli.terminal import table
    from fairlead.types.conformance import VERDICTS

    totals = card.totals
    rows = [("area", *VERDICTS)]
    rows += [(area, *_cells(counts)) for area, counts in totals.items()]
    all_of: dict[Verdict, int] = {
        verdict: sum(counts[verdict] for counts in totals.values()) for verdict in VERDICTS
    }
    return table([*rows, ("total", *_cells(all_of))])


def _cells(counts: dict[Verdict, int]) -> tuple[str, ...]:
    return tuple(str(count) for count in counts.values())


def _fields(card: Scorecard) -> dict[str, object]:
    return {
        "url": card.url,
        "dialect": card.dialect,
        "model": card.model,
        "ok": card.ok,
        "totals": card.totals,
        "outcomes": card.outcomes,
    }
