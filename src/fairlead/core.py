"""The client without a colour: from what the caller asks to a call through the engine.

`Client` drives these coroutines, `AsyncClient` awaits them; both are names and nothing else.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Mapping, Sequence
from copy import copy
from typing import TYPE_CHECKING, Any

from fairlead.accounting import billing_of, next_ledger, open_ledger
from fairlead.ambient import nearest
from fairlead.auth.secret import Secret
from fairlead.caching import caching_of
from fairlead.dialects.grounding import grounded
from fairlead.dialects.registry import dialect_named
from fairlead.engine.answers import Answers
from fairlead.engine.call import E_, R_, Call
from fairlead.engine.codecs import ChatCodec
from fairlead.engine.forgotten import Forgotten
from fairlead.engine.layers.retry import RetryBudgets
from fairlead.engine.stack import build
from fairlead.engine.tokens import Tokens
from fairlead.engine.watching import Watching
from fairlead.errors import ConfigError, FairleadError, InvalidRequest
from fairlead.input_headers import checked_headers
from fairlead.inputs import ChatOptions, Messages, chat_request, checked_number, checked_policy
from fairlead.models.advice import check, pricing, settled
from fairlead.models.capability import known_lacks
from fairlead.policies.retry import RetryPolicy
from fairlead.policies.target_record import TargetRecords
from fairlead.policies.timeouts import whole_answer_timeout
from fairlead.providers.registry import Registry, Resolved
from fairlead.routing import Routes, routed_chat
from fairlead.sharing import next_sharing, open_sharing
from fairlead.target_rules import SettingsRules
from fairlead.types.events import Event
from fairlead.types.responses import ChatResponse

if TYPE_CHECKING:
    from fairlead.engine.call import Handler
    from fairlead.engine.ledger import Ledger
    from fairlead.engine.reply import Reply
    from fairlead.engine.shared_gates import SharedGates
    from fairlead.ports import Billing, Codec, Observer, Runtime, Transport
    from fairlead.providers.provider import Provider
    from fairlead.settings import Settings
    from fairlead.types.health import TargetHealth
    from fairlead.types.http import HttpRequest
    from fairlead.types.requests import ChatRequest
    from fairlead.types.routes import Model


class Core:
    """Holds the settings, the providers and the stack of one client."""

    def __init__(
        self,
        settings: Settings,
        *,
        transport: Transport,
        runtime: Runtime,
        observers: Sequence[Observer] = (),
        keys: Mapping[str, Secret] | None = None,
    ) -> None:
        self.settings = settings
        self.registry = Registry(settings)
        self.routes = Routes(settings)
        self.can_hedge = hasattr(runtime, "race")
        self._records = TargetRecords()
        self._transport = transport
        self._offline = getattr(transport, "offline", False)
        self._runtime = runtime
        self._watching = Watching(observers)
        rules = SettingsRules(settings, self.registry)
        self._sharing = open_sharing(settings, runtime, wanted=rules.shares)
        self._sharings: tuple[SharedGates | None, ...] = (self._sharing,)
        self._guards = rules.guards(random=random.random, shared=self._sharing)
        self._ledger = open_ledger(settings, runtime)
        self._ledgers: tuple[Ledger, ...] = (self._ledger,)
        retries = settings.retry
        self._budgets = RetryBudgets(ratio=retries.budget_percent / 100, floor=retries.budget_floor)
        self._tokens = Tokens(getattr(transport, "direct", transport), runtime)
        self._forgotten = Forgotten()
        self._answers = Answers(settings.cache, runtime)
        self._handler = self._stack()
        self._keys: dict[str, Secret] = {}
        for name, key in (keys or {}).items():
            self.rotate_key(name, key)

    def _stack(self) -> Handler[Any, Any]:
        return build(
            transport=self._transport,
            runtime=self._runtime,
            retries=RetryPolicy(max_retries=self.settings.retry.max_retries),
            budgets=self._budgets,
            watching=self._watching,
            random=random.random,
            ledger=self._ledger,
            guards=self._guards,
            records=self._records,
            tokens=self._tokens,
            forgotten=self._forgotten,
            answers=self._answers,
            offline=self._offline,
        )

    def under(self, settings: Settings) -> Core:
        """The next version: by `settings`, with all that this one has learned and what it counts.

        The transport stays as it is. Raises `ConfigError`, and nothing has changed.
        """
        made = copy(self)
        made.settings = settings
        made.registry = Registry(settings, before=self.registry)
        made.routes = Routes(settings)
        rules = SettingsRules(settings, made.registry)
        made._keep_keys(self.registry)
        made._ledger = next_ledger(self._ledger, self.settings, settings, self._runtime)
        made._sharing = next_sharing(
            self._sharing, self.settings, settings, self._runtime, wanted=rules.shares
        )
        # Nothing can fail from here on.
        if made._ledger.store is not self._ledger.store:
            made._ledgers = (*self._ledgers, made._ledger)
        if made._sharing is not self._sharing:
            made._sharings = (*self._sharings, made._sharing)
        made._guards = self._guards.followed_by(
            rules.guards(random=random.random, shared=made._sharing), rules, self._runtime.now()
        )
        retries = settings.retry
        made._budgets.retune(ratio=retries.budget_percent / 100, floor=retries.budget_floor)
        made._answers.retune(settings.cache)
        made._handler = made._stack()
        return made

    def _keep_keys(self, before: Registry) -> None:
        """Keys that the program gave stand above the files, at the address that they were for."""
        known = self.registry.names()
        for name, key in self._keys.items():
            if name not in known:
                continue
            old, new = before.get(name), self.registry.get(name)
            if new.credential is None or new.credential is old.credential:
                continue
            if new.endpoint.origin == old.endpoint.origin:
                new.credential.rotate(key)

    # -- chat ------------------------------------------------------------------------------------

    async def chat(self, model: Model, messages: Messages, options: ChatOptions) -> ChatResponse:
        """The finished answer."""
        call = await self._chat_call(model, messages, options, stream=False)
        reply: Reply[Event, ChatResponse] = await self._handler(call)
        return reply.result()

    async def stream(
        self, model: Model, messages: Messages, options: ChatOptions
    ) -> Reply[Event, ChatResponse]:
        """A committed reply."""
        call = await self._chat_call(model, messages, options, stream=True)
        reply: Reply[Event, ChatResponse] = await self._handler(call)
        return reply

    def prepare(
        self, model: str, messages: Messages, options: ChatOptions, *, stream: bool
    ) -> tuple[HttpRequest, Resolved]:
        """The request that would be sent, without its credential; for a dry run."""
        codec, resolved = self.encoded(model, messages, options, stream=stream)
        return codec.request(), resolved

    def encoded(
        self, model: str, messages: Messages, options: ChatOptions, *, stream: bool
    ) -> tuple[ChatCodec[ChatRequest], Resolved]:
        """The same with its warnings: what the target does not take. Nothing is sent."""
        resolved = self._resolve(model, options)
        options, _ = settled(resolved.target, options)
        return self.chat_codec(resolved, model, messages, options, stream=stream), resolved

    def _chat_call(
        self, model: Model, messages: Messages, options: ChatOptions, *, stream: bool
    ) -> Awaitable[Call[Event, ChatResponse]]:
        named = self.routes.find(model)
        if named is not None:
            return routed_chat(self, named, messages, options, stream=stream)
        resolved = self._resolve(model, options)
        return self.chat_call(resolved, str(model), messages, options, stream=stream)

    async def chat_call(
        self,
        resolved: Resolved,
        model: str,
        messages: Messages,
        options: ChatOptions,
        *,
        stream: bool,
        request: ChatRequest | None = None,
    ) -> Call[Event, ChatResponse]:
        """A call to one target. `request` is what messages and options say, where it is known."""
        started = self._runtime.now()
        if resolved.provider.embedded:
            resolved = await self._started(resolved)
        options, defaults = settled(resolved.target, options)
        codec = self.chat_codec(resolved, model, messages, options, stream=stream, request=request)
        timeouts = resolved.provider.timeouts
        usual = timeouts.stream_total if stream else timeouts.total
        call: Call[Event, ChatResponse] = Call(
            operation="chat",
            target=resolved.target.label,
            codec=codec,
            credential=resolved.credential,
            stream=stream,
            timeouts=timeouts,
            limits=self.settings.limits,
            started=started,
            allowed=_allowed(options.get("deadline"), usual),
            whole_timeout=whole_answer_timeout(
                timeouts, options.get("max_tokens"), options.get("reasoning_effort")
            ),
            defaults=defaults,
            price=pricing(resolved, options),
            billing=self.billing(resolved, codec, options),
        )
        call.drain = self.settings.streams.drain if stream else None
        call.caching = caching_of(self.settings.cache, resolved, codec.asked, options)
        return call

    def _resolve(self, model: Model, options: ChatOptions) -> Resolved:
        if not isinstance(model, str):
            raise InvalidRequest(f"model must be a string, not {type(model).__name__}")
        return self.registry.resolve(model, dialect=options.get("dialect"))

    def chat_codec(
        self,
        resolved: Resolved,
        model: str,
        messages: Messages,
        options: ChatOptions,
        *,
        stream: bool,
        request: ChatRequest | None = None,
    ) -> ChatCodec[ChatRequest]:
        """What a call to the target sends; `messages` are not looked at beside a `request`."""
        target = resolved.target
        if request is None:
            request = chat_request(model, messages, options)
        check(resolved, request, options)
        plain = dialect = dialect_named(target.dialect)
        mode = options.get("output_mode")
        if mode is not None:
            from fairlead.dialects.emulated_output import OutputDialect, checked_mode

            mode = checked_mode(mode)
        if request.tools:
            from fairlead.dialects.emulated_tools import tooled

            dialect = tooled(dialect, request, target, options.get("emulate_tools"), mode or "auto")
        if mode is not None and dialect is plain:
            dialect = OutputDialect(dialect, mode, known_lacks(resolved))
        return ChatCodec(
            grounded(dialect) if request.documents else dialect,
            request,
            target,
            stream=stream,
            unsupported=checked_policy(options.get("unsupported") or self.settings.unsupported),
            limits=self.settings.limits,
            extra_headers=checked_headers(options.get("extra_headers")),
        )

    def priced(self, answer: ChatResponse, options: Mapping[str, object]) -> ChatResponse:
        """`answer` with what its usage costs at the target that its receipt names, if known."""
        try:
            resolved = self.registry.resolve(answer.receipt.target)
        except FairleadError:
            return answer
        price = pricing(resolved, options)
        found: ChatResponse = answer if price is None else price(answer, self.wall())
        return found

    # -- what the other operations share ---------------------------------------------------------

    def resolve(self, model: Model, operation: str) -> Resolved:
        """Where `operation` on `model` goes. Raises `ConfigError` or `RequestError`."""
        if not isinstance(model, str):
            raise InvalidRequest(f"model must be a string, not {type(model).__name__}")
        return self.registry.resolve(model, operation=operation)

    async def located(self, model: str, operation: str) -> Resolved:
        """The same, with the embedded model's server running where it is the one."""
        return await self.running(self.resolve(model, operation))

    async def running(self, resolved: Resolved) -> Resolved:
        """The same place, with the embedded model's server running where it is the one."""
        return await self._started(resolved) if resolved.provider.embedded else resolved

    @property
    def runtime(self) -> Runtime:
        """What waits, and the clock."""
        return self._runtime

    @property
    def transport(self) -> Transport:
        return self._transport

    def now(self) -> float:
        return self._runtime.now()

    def wall(self) -> float:
        return self._runtime.wall()

    @staticmethod
    def allowed(deadline: float | None, usual: float) -> float:
        """Seconds for a whole call. Raises `InvalidRequest`."""
        return _allowed(deadline, usual)

    def billing(
        self, resolved: Resolved | None, codec: Codec[Any, Any], options: Mapping[str, object]
    ) -> Billing | None:
        """What a call may cost, where there is a budget or a record that it falls under."""
        return billing_of(resolved, codec, options) if self._ledger.concerned else None

    async def handle(self, call: Call[E_, R_]) -> Reply[E_, R_]:
        """Send `call` through the stack."""
        reply: Reply[E_, R_] = await self._handler(call)
        return reply

    async def _started(self, resolved: Resolved) -> Resolved:
        """The embedded model's target at the address of its server, which is started if need be."""
        if self._offline:
            return resolved
        from fairlead.local.catalog import check_operation
        from fairlead.local.server import shared_server

        server, name = shared_server(), resolved.target.model
        if resolved.target.operation:
            check_operation(name, resolved.target.operation)
        where = server.running(name)
        if where is None:
            where = await self._runtime.blocking(lambda: server.start(name))
        return resolved.located(where.base_url, where.key)

    # -- targets ---------------------------------------------------------------------------------

    def health(self, model: str) -> TargetHealth:
        """How the target of `model` is doing. Does no I/O."""
        return self._guards.health(self.resolve(model, "chat").target.label, self._runtime.now())

    def open_breaker(self, model: str, seconds: float | None) -> TargetHealth:
        """Refuse the target's calls for so long, or until its breaker is closed. Does no I/O."""
        if seconds is not None:
            checked_number("seconds", seconds)
            if seconds <= 0:
                raise InvalidRequest("seconds must be above 0; leave them out to open it for good")
        guard = self._guards.guard(self.resolve(model, "chat").target.label)
        guard.trip(self._runtime.now(), seconds)
        return self.health(model)

    def close_breaker(self, model: str) -> TargetHealth:
        """Let the target's calls through, and forget what failed. Does no I/O."""
        label = self.resolve(model, "chat").target.label
        self._guards.guard(label).reset(self._runtime.now())
        self._records.of(label).wake()
        return self.health(model)

    # -- providers -------------------------------------------------------------------------------

    def provider(self, name: str) -> Provider:
        return self.registry.get(name)

    def rotate_key(self, name: str, new: Secret) -> None:
        """Use `new` for the provider from the next request on."""
        provider = self.registry.get(name)
        if provider.credential is None:
            raise ConfigError(f"{name} takes no key")
        provider.credential.rotate(new)
        self._keys = {**self._keys, provider.name: new}
        self._records.wake(provider.name)

    async def aclose(self) -> None:
        """Close all connections. A call after that opens new ones."""
        await self._forgotten.settle()
        self._watching.settle()
        for ledger in self._ledgers:
            await ledger.aclose()
        for sharing in self._sharings:
            if sharing is not None:
                await sharing.talk.aclose()
        await self._transport.aclose()


_LONGEST = 366 * 86_400.0
"""Seconds that a call may take: clocks, stores and the system can still count them."""


def _allowed(deadline: float | None, usual: float) -> float:
    if deadline is None:
        return nearest(min(usual, _LONGEST))
    if isinstance(deadline, bool) or not isinstance(deadline, int | float) or not deadline > 0:
        raise InvalidRequest("deadline must be a number of seconds above 0")
    return nearest(min(deadline, _LONGEST))
