"""One run's settings, its model, and what must be ready before it is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fairlead.cli.terminal import note
from fairlead.providers.registry import Registry, Resolved
from fairlead.settings import Settings

if TYPE_CHECKING:
    from fairlead.client import Client
    from fairlead.engine.codecs import ChatCodec
    from fairlead.inputs import ChatOptions
    from fairlead.ports import Observer
    from fairlead.types.messages import Message
    from fairlead.types.requests import ChatRequest

DEFAULT_MODEL = "local/smollm2"
_READY = "ready ("


class Session:
    """Settings as loaded, and the model in use, which a chat may change."""

    def __init__(self, settings: Settings, model: str) -> None:
        self.settings = settings
        self.registry = Registry(settings)
        self.model = model

    def resolved(self, dialect: str | None = None) -> Resolved:
        """Where the model's requests go. Raises `ConfigError` or `InvalidRequest`."""
        return self.registry.resolve(self.model, dialect=dialect)

    def prepare(
        self, messages: list[Message], options: ChatOptions, *, stream: bool
    ) -> tuple[ChatCodec[ChatRequest], Resolved]:
        """The request that a call would send, and its warnings. Nothing is sent."""
        from fairlead.cli.nowhere import NowhereTransport
        from fairlead.core import Core
        from fairlead.engine.runtime import BlockingRuntime

        core = Core(self.settings, transport=NowhereTransport(), runtime=BlockingRuntime())
        return core.encoded(self.model, messages, options, stream=stream)

    def client(self) -> Client:
        """A client with these settings. The transport is loaded only here."""
        from fairlead.client import Client

        return Client(self.settings, observers=_journal(self.settings))

    def start_local(self, *, quiet: bool) -> None:
        """Fetch and start the local model where it is the one in use, showing progress."""
        resolved = self.resolved()
        if not resolved.provider.embedded:
            return
        from fairlead.cli.progress import FetchProgress
        from fairlead.local.server import shared_server

        server = shared_server()
        if server.running(resolved.target.model) is None:
            with FetchProgress(quiet=quiet) as progress:
                server.start(resolved.target.model, progress)


def open_session(model: str | None, *, quiet: bool = False) -> Session:
    """The settings, with `model` above theirs. What the user should know is said on stderr."""
    settings = Settings.load()
    chosen = model if model is not None else settings.model
    session = Session(settings, DEFAULT_MODEL if chosen is None else chosen)
    if not quiet:
        for warning in settings.warnings:
            note(f"warning: {warning}")
        if chosen is None:
            note(_default_notice(session.registry))
    return session


def _journal(settings: Settings) -> list[Observer]:
    """The log of calls, unless it is off."""
    if not settings.log.keep:
        return []
    from fairlead.cli.stats import journal_file
    from fairlead.telemetry.journal import Journal

    return [Journal(journal_file())]


def ready_providers(registry: Registry) -> dict[str, str]:
    """The providers that have a key, with the key's name."""
    from fairlead.errors import FairleadError

    found: dict[str, str] = {}
    for name in registry.names():
        try:
            state = registry.state(name)
        except FairleadError:
            continue  # its address is broken; `fairlead providers` tells
        if state.startswith(_READY):
            found[name] = state.removeprefix(_READY).removesuffix(")")
    return found


def _default_notice(registry: Registry) -> str:
    text = f"no model is chosen, so {DEFAULT_MODEL} answers on this machine; "
    ready = ready_providers(registry)
    if not ready:
        return text + "choose another with -m provider/model or FAIRLEAD_MODEL"
    keys = ", ".join(ready.values())
    choices = " or ".join(f"-m {name}/<model>" for name in ready)
    return text + f"there is a key in {keys}: use it with {choices}"
