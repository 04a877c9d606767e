"""`fairlead local`: fetch, look at, serve and remove the local model."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

import click

from fairlead.cli.group import Commands

if TYPE_CHECKING:
    from fairlead.local.process import Endpoint

_DEFAULT = "smollm2"
_model = click.argument("model", default=_DEFAULT, metavar="[MODEL]")
_quiet = click.option("-q", "--quiet", is_flag=True, help="Show errors only.")


@click.group("local", cls=Commands)
def command() -> None:
    """Fetch, serve or remove the local model, which needs no key."""


@command.command("setup")
@_model
@_quiet
def setup(model: str, quiet: bool) -> None:
    """Fetch the weights (93 MB; of minilm 84 MB), unless they are there."""
    from fairlead.cli.progress import FetchProgress
    from fairlead.cli.terminal import note
    from fairlead.errors import LocalModelError
    from fairlead.local.native import runtime_problem
    from fairlead.local.weights import setup as fetch

    # Before a long fetch, not after it.
    if problem := runtime_problem():
        raise LocalModelError(problem)
    name = _name(model)
    with FetchProgress(quiet=quiet) as progress:
        path = fetch(name, progress=progress)
    if not quiet:
        note(f"local/{name} is ready in {path}")


@command.command("status")
@_model
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
def status(model: str, as_json: bool) -> None:
    """Show what there is of the local model."""
    from fairlead.cli.report import to_json
    from fairlead.cli.terminal import table, write
    from fairlead.local.weights import status as look

    found = look(_name(model))
    facts: dict[str, str | bool | None] = {
        "model": f"local/{found.model.name}",
        "title": found.model.title,
        "licence": found.model.licence,
        "weights": str(found.path),
        "installed": found.installed,
        "runtime": found.runtime,
        "problem": found.problem,
    }
    if as_json:
        write(to_json(facts, indent=True) + "\n")
    else:
        write(table([(key, _in_words(value)) for key, value in facts.items()]))


@command.command("remove")
@_model
@_quiet
def remove(model: str, quiet: bool) -> None:
    """Delete the weights."""
    from fairlead.cli.terminal import note
    from fairlead.local.weights import remove as delete

    name = _name(model)
    deleted = delete(name)
    if not quiet:
        note(f"the weights of local/{name} are deleted" if deleted else "there are no weights")


@command.command("serve")
@_model
@click.option("--host", default="127.0.0.1", show_default=True, help="A loopback address.")
@click.option("--port", type=int, default=8091, show_default=True, help="0 takes a free one.")
@click.option("--key-env", metavar="NAME", help="The variable with the key that callers need.")
@click.option("--slots", type=int, default=4, show_default=True, help="Calls at once.")
@_quiet
def serve(model: str, host: str, port: int, key_env: str | None, slots: int, quiet: bool) -> None:
    """Serve the local model to other programs until Ctrl-C.

    It speaks the OpenAI chat, OpenAI responses and Anthropic messages protocols. The address is
    printed on standard output once it answers.
    """
    from fairlead.cli.progress import FetchProgress
    from fairlead.local.foreground import serve as run

    name, key = _name(model), _key(key_env)
    with FetchProgress(quiet=quiet) as progress:
        run(
            name,
            host=host,
            port=port,
            key=key,
            slots=slots,
            announce=lambda endpoint: _announce(name, endpoint, key_env, quiet=quiet),
            progress=progress,
        )


def _in_words(value: str | bool | None) -> str:
    if isinstance(value, str):
        return value
    return "none" if value is None else "yes" if value else "no"


def _announce(name: str, endpoint: Endpoint, key_env: str | None, *, quiet: bool) -> None:
    from fairlead.cli.report import to_json
    from fairlead.cli.terminal import note, write

    write(f"{endpoint.base_url}/v1\n")
    if quiet:
        return
    key = f' -H "Authorization: Bearer ${key_env}"' if key_env else ""
    body = to_json({"model": name, "messages": [{"role": "user", "content": "Hi"}]})
    note(f"local/{name} answers; Ctrl-C ends it. Try:")
    note(
        f"curl {endpoint.base_url}/v1/chat/completions{key} "
        f"-H 'Content-Type: application/json' -d {shlex.quote(body)}"
    )


def _name(model: str) -> str:
    return model.removeprefix("local/").removeprefix("local:")


def _key(variable: str | None) -> str:
    """A key comes from a variable: what stands on a command line is seen by every user."""
    if variable is None:
        return ""
    key = os.environ.get(variable, "")
    if not key:
        raise click.UsageError(f"the variable {variable} of --key-env is not set")
    return key
