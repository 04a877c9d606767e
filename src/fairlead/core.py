"""The client without a colour: from what the caller asks to a call through the engine.

`Client` drives these coroutines, `AsyncClient` awaits them; both are names and nothing else.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from fairlead.accounting import billing_of, open_ledger
from fairlead.ambient import nearest
from fairlead.auth.origin import origin_of, require_secure
from fairlead.dialects.catalogue import models_of
from fairlead.dialects.grounding import grounded
from fairlead.dialects.registry import dialect_named
from fairlead.engine.call import E_, R_, Call
from fairlead.engine.codecs import ChatCodec, PlainCodec
from fairlead.engine.layers.retry import RetryBudgets
from fairlead.engine.stack import build
from fairlead.engine.watching import Watching
from fairlead.errors import ConfigError, FairleadError, InvalidRequest, UnsupportedFeature
from fairlead.inputs import ChatOptions, Messages, chat_request, checked_headers, checked_policy
from fairlead.models.advice import check, pricing, settled
from fairlead.policies.retry import RetryPolicy
from fairlead.policies.target_record import TargetRecords
from fairlead.policies.timeouts import whole_answer_timeout
from fairlead.providers.registry import Registry, Resolved
from fairlead.routing import Routes, routed_chat
from fairlead.target_rules import SettingsRules
from fairlead.types.events import Event
from fairlead.types.plain import CheckResult, ModelInfo, PostResponse, ServerEvent
from fairlead.types.responses import ChatResponse

if TYPE_CHECKING:
    from fairlead.engine.reply import Reply
    from fairlead.ports import Billing, Codec, Observer, Runtime, Transport
    from fairlead.providers.provider import Provider
    from fairlead.settings import Settings
    from fairlead.types.health import TargetHealth
    from fairlead.types.http import HttpRequest
    from fairlead.types.requests import ChatRequest
    from fairlead.types.routes import Model

_CHECK_TOKENS = 1


class Core:
    """Holds the settings, the providers and the stack of one client."""

    def __init__(
        self,
        settings: Settings,
        *,
        transport: Transport,
        runtime: Runtime,
        observers: Sequence[Observer] = (),
        keys: Mapping[str, str] | None = None,
    ) -> None:
        self.settings = settings
        self.registry = Registry(settings)
        self.routes = Routes(settings)
        self.can_hedge = hasattr(runtime, "race")
        self._records = TargetRecords()
        self._transport = transport
        self._runtime = runtime
        self._watching = Watching(observers)
        self._guards = SettingsRules(settings, self.registry).guards(random=random.random)
        self._ledger = open_ledger(settings, runtime)
        retries = settings.retry
        self._handler = build(
            transport=transport,
            runtime=runtime,
            retries=RetryPolicy(max_retries=retries.max_retries),
            budgets=RetryBudgets(ratio=retries.budget_percent / 100, floor=retries.budget_floor),
            watching=self._watching,
            random=random.random,
            ledger=self._ledger,
            guards=self._guards,
            records=self._records,
        )
        for name, key in (keys or {}).items():
            self.rotate_key(name, key)

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
        return self._chat_codec(resolved, model, messages, options, stream=stream), resolved

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
        codec = self._chat_codec(resolved, model, messages, options, stream=stream, request=request)
        timeouts = resolved.provider.timeouts
        usual = timeouts.stream_total if stream else timeouts.total
        return Call(
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

    def _resolve(self, model: Model, options: ChatOptions) -> Resolved:
        if not isinstance(model, str):
            raise InvalidRequest(f"model must be a string, not {type(model).__name__}")
        return self.registry.resolve(model, dialect=options.get("dialect"))

    def _chat_codec(
        self,
        resolved: Resolved,
        model: str,
        messages: Messages,
        options: ChatOptions,
        *,
        stream: bool,
        request: ChatRequest | None = None,
    ) -> ChatCodec[ChatRequest]:
        target = resolved.target
        if request is None:
            request = chat_request(model, messages, options)
        check(resolved, request, options)
        dialect = dialect_named(target.dialect)
        return ChatCodec(
            grounded(dialect) if request.documents else dialect,
            request,
            target,
            stream=stream,
            unsupported=checked_policy(options.get("unsupported") or self.settings.unsupported),
            limits=self.settings.limits,
            extra_headers=checked_headers(options.get("extra_headers")),
        )

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
        from fairlead.local.catalog import check_operation
        from fairlead.local.server import shared_server

        server, name = shared_server(), resolved.target.model
        if resolved.target.operation:
            check_operation(name, resolved.target.operation)
        where = server.running(name)
        if where is None:
            where = await self._runtime.blocking(lambda: server.start(name))
        return resolved.located(where.base_url, where.key)

    # -- plain calls -----------------------------------------------------------------------------

    async def post(
        self,
        url: str,
        json: object,
        *,
        headers: Mapping[str, str] | None = None,
        deadline: float | None = None,
    ) -> PostResponse:
        """POST `json` to any server and decode its JSON answer."""
        reply = await self._plain(
            "POST", url, _encoded(json), headers=headers, deadline=deadline, stream=False
        )
        return reply.result()

    async def post_stream(
        self,
        url: str,
        json: object,
        *,
        headers: Mapping[str, str] | None = None,
        deadline: float | None = None,
    ) -> Reply[ServerEvent, PostResponse]:
        """POST `json` to any server and read its server-sent events or lines."""
        return await self._plain(
            "POST", url, _encoded(json), headers=headers, deadline=deadline, stream=True
        )

    async def _plain(
        self,
        method: str,
        url: str,
        body: bytes | None,
        *,
        headers: Mapping[str, str] | None = None,
        deadline: float | None = None,
        stream: bool = False,
        resolved: Resolved | None = None,
        operation: str = "post",
    ) -> Reply[ServerEvent, PostResponse]:
        pairs = checked_headers(headers, own_credential=resolved is not None)
        if resolved is None:
            origin = origin_of(url)
            require_secure(origin, allow_insecure_http=self.settings.http.allow_insecure_http)
            target, timeouts = str(origin), self.settings.timeouts
        else:
            pairs = resolved.provider.headers + pairs
            target, timeouts = resolved.provider.name, resolved.provider.timeouts
        limits = self.settings.limits
        codec = PlainCodec(
            method, url, body, target=target, stream=stream, limits=limits, headers=pairs
        )
        usual = timeouts.stream_total if stream else timeouts.total
        call: Call[ServerEvent, PostResponse] = Call(
            operation=operation,
            target=target,
            codec=codec,
            credential=None if resolved is None else resolved.credential,
            stream=stream,
            timeouts=timeouts,
            limits=limits,
            started=self._runtime.now(),
            allowed=_allowed(deadline, usual),
            whole_timeout=timeouts.total,
            billing=self.billing(None, codec, {}) if resolved is None else None,
        )
        reply: Reply[ServerEvent, PostResponse] = await self._handler(call)
        return reply

    def health(self, model: str) -> TargetHealth:
        """How the target of `model` is doing. Does no I/O."""
        return self._guards.health(self.resolve(model, "chat").target.label, self._runtime.now())

    # -- providers -------------------------------------------------------------------------------

    def provider(self, name: str) -> Provider:
        return self.registry.get(name)

    def rotate_key(self, name: str, new: str) -> None:
        """Use `new` for the provider from the next request on."""
        credential = self.registry.get(name).credential
        if credential is None:
            raise ConfigError(f"{name} takes no key")
        credential.rotate(new)
        self._records.wake(self.registry.get(name).name)

    async def models(self, name: str) -> tuple[ModelInfo, ...]:
        """The provider's own list of models."""
        resolved = await self._bare(name)
        url = resolved.provider.models_url
        if url is None:
            raise UnsupportedFeature("a list of models", resolved.provider.name)
        reply = await self._plain(
            "GET", _at(url, resolved), None, resolved=resolved, operation="models"
        )
        return models_of(reply.result().data)

    async def check(self, name: str, model: str | None = None) -> CheckResult:
        """Test address, connection and key with the provider's cheapest call. Never raises for it.

        With `model`, or where there is no such call, one token of chat is asked for.
        """
        started = self._runtime.now()
        provider = self.registry.get(name)
        url = provider.endpoint.base_url
        try:
            call = provider.check
            if model is not None or call is None:
                return await self._check_by_chat(provider, model, started)
            resolved = await self._bare(name)
            url = _at(call.url, resolved)
            body = None if call.body is None else _encoded(call.body)
            reply = await self._plain(call.method, url, body, resolved=resolved, operation="check")
        except FairleadError as error:
            return self._failed(provider, url, started, error)
        receipt = reply.result().receipt
        return CheckResult(
            provider.name,
            url,
            self._runtime.now() - started,
            receipt.attempts[-1].status,
            None,
            receipt.attempts[-1].http_version,
            receipt.key_name,
            call.tests_key,
        )

    async def _check_by_chat(
        self, provider: Provider, model: str | None, started: float
    ) -> CheckResult:
        if model is None:
            raise InvalidRequest(
                f"{provider.name} has no free connection test; pass a model to ask for one token"
            )
        options: ChatOptions = {"max_tokens": _CHECK_TOKENS, "unsupported": "drop"}
        answer = await self.chat(f"{provider.name}/{model}", "Hi", options)
        attempt = answer.receipt.attempts[-1]
        return CheckResult(
            provider.name,
            provider.endpoint.base_url,
            self._runtime.now() - started,
            attempt.status,
            None,
            attempt.http_version,
            answer.receipt.key_name,
        )

    def _failed(
        self, provider: Provider, url: str, started: float, error: FairleadError
    ) -> CheckResult:
        attempts = error.receipt.attempts if error.receipt is not None else ()
        credential = provider.credential
        return CheckResult(
            provider.name,
            url,
            self._runtime.now() - started,
            attempts[-1].status if attempts else None,
            str(error),
            attempts[-1].http_version if attempts else None,
            None if credential is None else credential.key_name,
        )

    async def _bare(self, name: str) -> Resolved:
        """The provider's address and credential, with no model in view."""
        provider = self.registry.get(name)
        resolved = Resolved(provider.bare_target(), provider, provider.credential)
        return await self._started(resolved) if provider.embedded else resolved

    async def aclose(self) -> None:
        """Close all connections. A call after that opens new ones."""
        self._watching.settle()
        await self._ledger.aclose()
        await self._transport.aclose()


def _allowed(deadline: float | None, usual: float) -> float:
    if deadline is None:
        return nearest(usual)
    if isinstance(deadline, bool) or not isinstance(deadline, int | float) or not deadline > 0:
        raise InvalidRequest("deadline must be a number of seconds above 0")
    return nearest(deadline)


def _encoded(json: object) -> bytes:
    try:
        return msgspec.json.encode(json)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidRequest(f"the body cannot be written as JSON: {error}") from error


def _at(url: str, resolved: Resolved) -> str:
    """`url`, moved to the origin where the embedded server runs."""
    if not resolved.provider.embedded:
        return url
    origin = origin_of(resolved.target.url)
    return str(origin) + url.removeprefix(str(resolved.provider.endpoint.origin))
