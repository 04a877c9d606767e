"""Requests that no dialect writes: JSON to any server, and the plain calls of providers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from fairlead.auth.origin import origin_of, require_secure
from fairlead.engine.call import Call
from fairlead.engine.codecs import PlainCodec
from fairlead.errors import InvalidRequest
from fairlead.input_headers import checked_headers
from fairlead.types.plain import PostResponse, ServerEvent

if TYPE_CHECKING:
    from fairlead.core import Core
    from fairlead.engine.reply import Reply
    from fairlead.providers.registry import Resolved


async def post(
    core: Core,
    url: str,
    json: object,
    *,
    headers: Mapping[str, str] | None = None,
    deadline: float | None = None,
) -> PostResponse:
    """POST `json` to any server and decode its JSON answer."""
    reply = await plain(core, "POST", url, encoded(json), headers=headers, deadline=deadline)
    return reply.result()


async def post_stream(
    core: Core,
    url: str,
    json: object,
    *,
    headers: Mapping[str, str] | None = None,
    deadline: float | None = None,
) -> Reply[ServerEvent, PostResponse]:
    """POST `json` to any server and read its server-sent events or lines."""
    body = encoded(json)
    return await plain(core, "POST", url, body, headers=headers, deadline=deadline, stream=True)


async def plain(
    core: Core,
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
    """A committed reply; with the credential of `resolved`, or with none."""
    pairs = checked_headers(headers, own_credential=resolved is not None)
    if resolved is None:
        origin = origin_of(url)
        require_secure(origin, allow_insecure_http=core.settings.http.allow_insecure_http)
        target, timeouts = str(origin), core.settings.timeouts
    else:
        pairs = resolved.provider.headers + pairs
        target, timeouts = resolved.provider.name, resolved.provider.timeouts
    limits = core.settings.limits
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
        started=core.now(),
        allowed=core.allowed(deadline, usual),
        whole_timeout=timeouts.total,
        billing=core.billing(None, codec, {}) if resolved is None else None,
    )
    return await core.handle(call)


def encoded(json: object) -> bytes:
    """As JSON. Raises `InvalidRequest` for what it has no form for."""
    try:
        return msgspec.json.encode(json)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidRequest(f"the body cannot be written as JSON: {error}") from error
