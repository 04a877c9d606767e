"""One run's settings, its model, and what must be ready before it is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from fairlead.cli.terminal import note
from fairlead.errors import ConfigError
from fairlead.providers.registry import Registry, Resolved
from fairlead.settings import Settings
from fairlead.settings.values import LogSettings

if TYPE_CHECKING:
    from fairlead.cli.kept_conversation import KeptConversation
    from fairlead.client import Client
    from fairlead.core import Core
    from fairlead.engine.codecs import ChatCodec
    from fairlead.inputs import ChatOptions
    from fairlead.operation_inputs import CallOptions
    from fairlead.ports import Codec, Observer
    from fairlead.types.messages import Message
    from fairlead.types.requests import ChatRequest

DEFAULT_MODEL = "local/smollm2"
LOCAL_MODELS = {"embeddings": "local/minilm"}
"""What does an operation on this machine where no model is chosen."""
_READY = "ready ("
_MOST_KEYS = 3


class Session:
    """Settings as loaded, and the model in use, which a chat may change."""

    def __init__(self, settings: Settings, model: str) -> None:
        self.settings = settings
        self.registry = Registry(settings)
        self.model = model
        self.before: KeptConversation | None = None
        """The conversation that goes on, where one does."""

    def resolved(self, dialect: str | None = None) -> Resolved:
        """Where the model's requests go. Raises `ConfigError` or `InvalidRequest`."""
        return self.registry.resolve(self.model, dialect=dialect)

    def prepare(
        self, messages: list[Message], options: ChatOptions, *, stream: bool
    ) -> tuple[ChatCodec[ChatRequest], Resolved]:
        """The request that a call would send, and its warnings. Nothing is sent."""
        return self._silent_core().encoded(self.model, messages, options, stream=stream)

    def prepare_operation(
        self, operation: str, request: object, options: CallOptions, *, stream: bool
    ) -> tuple[list[Codec[Any, Any]], Resolved]:
        """The same for another operation, which may take several requests."""
        from fairlead.operations import Operations

        operations = Operations(self._silent_core())
        return operations.prepare(self.model, operation, request, options, stream=stream)

    def _silent_core(self) -> Core:
        from fairlead.cli.nowhere import NowhereTransport
        from fairlead.core import Core
        from fairlead.engine.runtime import BlockingRuntime

        return Core(self.settings, transport=NowhereTransport(), runtime=BlockingRuntime())

    def silent_client(self) -> Client:
        """A client that can send nothing."""
        from fairlead.cli.nowhere import NowhereTransport
        from fairlead.client import Client

        return Client(self.settings, transport=NowhereTransport())

    def client(self) -> Client:
        """A client with these settings. The transport is loaded only here."""
        from fairlead.client import Client

        return Client(self.settings, observers=_journal(self.settings))

    @property
    def earlier(self) -> list[Message]:
        """What was said before."""
        return [] if self.before is None else self.before.messages

    def keep(self, messages: list[Message], system: str | None) -> None:
        """Keep what was said for `--continue`, unless the log is off."""
        if self.settings.log.keeps_conversation:
            from fairlead.cli.kept_conversation import KeptConversation, keep

            keep(KeptConversation(self.model, messages, system))

    def start_local(self, *, quiet: bool, operation: str = "chat") -> None:
        """Fetch and start the local model where it is the one in use, showing progress.

        Raises `UnsupportedFeature` for one that does not do `operation`.
        """
        resolved = self.registry.resolve(self.model, operation=operation)
        if not resolved.provider.embedded:
            return
        from fairlead.cli.progress import FetchProgress
        from fairlead.local.catalog import check_operation
        from fairlead.local.server import shared_server

        check_operation(resolved.target.model, operation)
        server = shared_server()
        if server.running(resolved.target.model) is None:
            with FetchProgress(quiet=quiet) as progress:
                server.start(resolved.target.model, progress)


def open_session(
    model: str | None, *, quiet: bool = False, go_on: bool = False, log: bool = True
) -> Session:
    """The settings, with `model` above theirs. What the user should know is said on stderr.

    With `go_on`, the last conversation is `before`, and its model stands above the settings' too.
    Without `log`, nothing is kept of this run. Raises `InvalidRequest` or `ConfigError`.
    """
    settings = Settings.load()
    before = _last_conversation(settings) if go_on else None
    if not log:
        settings = replace(settings, log=LogSettings(keep=False))
    chosen = model if model is not None else before.model if before else settings.model
    session = Session(settings, DEFAULT_MODEL if chosen is None else chosen)
    session.before = before
    if not quiet:
        warn(settings)
        if chosen is None:
            note(_default_notice(session.registry))
    return session


def _last_conversation(settings: Settings) -> KeptConversation:
    from fairlead.cli.kept_conversation import kept

    if not settings.log.keeps_conversation:
        raise ConfigError(
            "the settings keep no conversation to go on with; see [log] in fairlead config show"
        )
    return kept()


def _journal(settings: Settings) -> list[Observer]:
    """The log of calls, unless it is off."""
    if not settings.log.keep:
        return []
    from fairlead.cli.stats import journal_file
    from fairlead.telemetry.journal import Journal

    return [Journal(journal_file())]


def open_operation(operation: str, model: str | None, *, quiet: bool = False) -> Session:
    """The same for an operation that the model of the settings, which is for chat, has no part in.

    Raises `ConfigError` where no model is given and none on this machine does it.
    """
    settings = Settings.load()
    chosen = LOCAL_MODELS.get(operation, "") if model is None else model
    session = Session(settings, chosen)
    if not quiet:
        warn(settings)
    if model is None and not chosen:
        raise ConfigError(_which_model(session.registry, operation))
    if model is None and not quiet:
        others = _others(session.registry, operation)
        note(f"no model is chosen, so {chosen} does it on this machine; {others}")
    return session


def warn(settings: Settings) -> None:
    """Tell what is odd about the settings."""
    for warning in settings.warnings:
        note(f"warning: {warning}")


def ready_providers(registry: Registry, operation: str = "chat") -> dict[str, str]:
    """The providers that have a key and offer `operation`, with the key's name."""
    from fairlead.errors import FairleadError

    found: dict[str, str] = {}
    for name in registry.names():
        try:
            state = registry.state(name)
        except FairleadError:
            continue  # its address is broken; `fairlead providers` tells
        if state.startswith(_READY) and operation in registry.get(name).operations:
            found[name] = state.removeprefix(_READY).removesuffix(")")
    return found


def _default_notice(registry: Registry) -> str:
    text = f"no model is chosen, so {DEFAULT_MODEL} answers on this machine; "
    ready = ready_providers(registry)
    if not ready:
        return text + "choose another with -m provider/model or FAIRLEAD_MODEL"
    return text + _keys(ready)


def _others(registry: Registry, operation: str) -> str:
    ready = ready_providers(registry, operation)
    return _keys(ready) if ready else "choose another with -m provider/model"


def _which_model(registry: Registry, operation: str) -> str:
    from fairlead.providers.offers import offering

    ready = ready_providers(registry, operation)
    offered = f"{operation} is offered by {', '.join(offering(operation))}"
    hint = _keys(ready) if ready else offered
    return f"no model is chosen; name one with -m provider/model ({hint})"


def _keys(ready: dict[str, str]) -> str:
    """What could be asked: a few by name, as one may hold keys of dozens."""
    shown = list(ready)[:_MOST_KEYS]
    keys = ", ".join(ready[name] for name in shown)
    choices = " or ".join(f"-m {name}/<model>" for name in shown)
    more = "" if len(shown) == len(ready) else "; fairlead providers lists them all"
    return f"there is a key in {keys}: use it with {choices}{more}"
