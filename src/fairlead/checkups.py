"""What a provider is asked beside its work: which models it has, and whether it answers at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fairlead.auth.origin import origin_of
from fairlead.dialects.catalogue import models_of
from fairlead.errors import FairleadError, InvalidRequest, UnsupportedFeature
from fairlead.plain_calls import encoded, plain
from fairlead.providers.registry import Resolved
from fairlead.types.plain import CheckResult, ModelInfo

if TYPE_CHECKING:
    from fairlead.core import Core
    from fairlead.inputs import ChatOptions
    from fairlead.providers.provider import Provider

_CHECK_TOKENS = 1


async def models(core: Core, name: str) -> tuple[ModelInfo, ...]:
    """The provider's own list of models."""
    resolved = await _bare(core, name)
    url = resolved.provider.models_url
    if url is None:
        raise UnsupportedFeature("a list of models", resolved.provider.name)
    reply = await plain(
        core, "GET", _at(url, resolved), None, resolved=resolved, operation="models"
    )
    return models_of(reply.result().data)


async def check(core: Core, name: str, model: str | None = None) -> CheckResult:
    """Test address, connection and key with the provider's cheapest call. Never raises for it.

    With `model`, or where there is no such call, one token of chat is asked for.
    """
    started = core.now()
    provider = core.registry.get(name)
    url = provider.endpoint.base_url
    try:
        call = provider.check
        if model is not None or call is None:
            return await _check_by_chat(core, provider, model, started)
        resolved = await _bare(core, name)
        url = _at(call.url, resolved)
        body = None if call.body is None else encoded(call.body)
        reply = await plain(core, call.method, url, body, resolved=resolved, operation="check")
    except FairleadError as error:
        return _failed(core, provider, url, started, error)
    receipt = reply.result().receipt
    return CheckResult(
        provider.name,
        url,
        core.now() - started,
        receipt.attempts[-1].status,
        None,
        receipt.attempts[-1].http_version,
        receipt.key_name,
        call.tests_key,
    )


async def _check_by_chat(
    core: Core, provider: Provider, model: str | None, started: float
) -> CheckResult:
    if model is None:
        raise InvalidRequest(
            f"{provider.name} has no free connection test; pass a model to ask for one token"
        )
    options: ChatOptions = {"max_tokens": _CHECK_TOKENS, "unsupported": "drop"}
    answer = await core.chat(f"{provider.name}/{model}", "Hi", options)
    attempt = answer.receipt.attempts[-1]
    return CheckResult(
        provider.name,
        provider.endpoint.base_url,
        core.now() - started,
        attempt.status,
        None,
        attempt.http_version,
        answer.receipt.key_name,
    )


def _failed(
    core: Core, provider: Provider, url: str, started: float, error: FairleadError
) -> CheckResult:
    attempts = error.receipt.attempts if error.receipt is not None else ()
    credential = provider.credential
    return CheckResult(
        provider.name,
        url,
        core.now() - started,
        attempts[-1].status if attempts else None,
        str(error),
        attempts[-1].http_version if attempts else None,
        None if credential is None else credential.key_name,
    )


async def _bare(core: Core, name: str) -> Resolved:
    """The provider's address and credential, with no model in view."""
    provider = core.registry.get(name)
    resolved = Resolved(provider.bare_target(), provider, provider.credential)
    return await core.running(resolved)


def _at(url: str, resolved: Resolved) -> str:
    """`url`, moved to the origin where the embedded server runs."""
    if not resolved.provider.embedded:
        return url
    origin = origin_of(resolved.target.url)
    return str(origin) + url.removeprefix(str(resolved.provider.endpoint.origin))
