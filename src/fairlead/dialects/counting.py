"""Counting the tokens of a request before it is sent: the chat dialects' bodies, cut to size."""

from __future__ import annotations

from collections.abc import Collection

import msgspec
from msgspec.structs import replace

from fairlead.dialects import jsontext
from fairlead.dialects.refusals import no_answer
from fairlead.ports import Encoded
from fairlead.types.operations import TokenCount
from fairlead.types.requests import ChatRequest
from fairlead.types.targets import Target

_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])


def to_count(request: ChatRequest) -> ChatRequest:
    """The request without what only steers the answer, which no target need support for this."""
    return replace(
        request,
        temperature=None,
        top_p=None,
        top_k=None,
        max_tokens=None,
        stop=(),
        seed=None,
        presence_penalty=None,
        frequency_penalty=None,
        logprobs=None,
        top_logprobs=None,
        user=None,
    )


def cut(encoded: Encoded, request: ChatRequest, target: Target, names: Collection[str]) -> Encoded:
    """What a chat dialect wrote, without the fields `names` that counting does not take.

    The caller's own `extra_body` stays. The model is named even where the address of a chat does
    that, as the one for counting does not.
    """
    assert isinstance(encoded.body, bytes), "chat bodies are held in memory"
    kept = request.extra_body or {}
    fields = _OBJECT.decode(encoded.body)
    body: dict[str, object] = {"model": target.model} if target.model else {}
    body |= {name: raw for name, raw in fields.items() if name not in names or name in kept}
    return replace(encoded, body=msgspec.json.encode(body))


def counted(body: bytes, target: Target, name: str) -> TokenCount:
    """The number that the field `name` holds. Raises `DecodeError` or `ApiError`."""
    value = jsontext.untyped(body)
    count = value.get(name) if isinstance(value, dict) else None
    if type(count) is not int or count < 0:
        raise no_answer(body, target, name)
    return TokenCount(model=target.model, tokens=count)
