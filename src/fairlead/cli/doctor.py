"""`fairlead doctor`: what is right and wrong on this machine, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fairlead.cli.findings import Finding
    from fairlead.providers.registry import Registry
    from fairlead.settings import Settings


@click.command("doctor")
@click.argument("providers", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
@click.pass_context
def command(context: click.Context, providers: tuple[str, ...], as_json: bool) -> None:
    """Test keys, connections, proxies, TLS, the clock and the local model.

    Without PROVIDERS, those that have a key or a table in the settings are asked. The calls are the
    cheapest that each has, and cost nothing. Exits with 1 where something fails.
    """
    from fairlead.cli.report import to_json
    from fairlead.cli.terminal import write

    found: list[Finding] = []
    for finding in _findings(providers):
        found.append(finding)
        if not as_json:
            write(finding.line())
    if as_json:
        write(to_json(found, indent=True) + "\n")
    if any(finding.state == "fail" for finding in found):
        context.exit(1)


def _findings(asked: tuple[str, ...]) -> Iterator[Finding]:
    from fairlead.cli import checkup
    from fairlead.cli.findings import Finding
    from fairlead.cli.reach import connections
    from fairlead.errors import ConfigError
    from fairlead.providers.registry import Registry
    from fairlead.settings import Settings

    try:
        settings = Settings.load()
        registry = Registry(settings)
    except ConfigError as error:
        yield checkup.versions()
        yield Finding("fail", "settings", str(error))
        return
    # A name that is none is wrong use, and told before anything is tested.
    names = [registry.get(name).name for name in asked] or _in_use(settings, registry)
    yield checkup.versions()
    yield checkup.settings_files()
    yield from checkup.warnings(settings)
    yield checkup.proxies(settings.http)
    yield from checkup.certificates(settings.http)
    yield (local := checkup.local_model(settings))
    keys = {name: checkup.key(registry, name) for name in names if name != "local"}
    yield from keys.values()
    answerable = {name for name, finding in keys.items() if finding.state == "ok"}
    if local.state == "ok":
        answerable.add("local")
    yield from connections(settings, [name for name in names if name in answerable])


def _in_use(settings: Settings, registry: Registry) -> list[str]:
    """The providers that have a key, or that the settings describe."""
    from fairlead.cli.session import ready_providers

    found = dict.fromkeys(ready_providers(registry))
    for name, own in settings.providers.items():
        if own.base_url or own.has_key:
            found.setdefault(registry.get(name).name)
    return list(found)
