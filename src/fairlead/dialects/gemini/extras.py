"""The fields of a part that have no place of their own: signatures above all.

They are kept as a JSON object shaped like the part, without what the part itself says, and are laid
over the part again when it goes back.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec import Raw

from fairlead.dialects.gemini import wire
from fairlead.errors import InvalidRequest
from fairlead.types.messages import ProviderState

SIGNATURE = "thoughtSignature"
Block = dict[str, object]

_KNOWN: Mapping[str, frozenset[str]] = {
    "functionCall": frozenset({"name", "args", "partialArgs", "willContinue"}),
    "inlineData": frozenset({"mimeType", "data"}),
    "text": frozenset(),
}
"""The kinds that become parts of ours, and what of them those hold."""


def extras(raw: Raw, kind: str) -> str | None:
    """What is left of the part beside its `kind`; None for nothing."""
    kept: dict[str, Raw] = {}
    for name, value in wire.fields_of(raw).items():
        if name != kind:
            kept[name] = value
        elif _KNOWN[kind]:
            inner = {k: v for k, v in wire.fields_of(value).items() if k not in _KNOWN[kind]}
            if inner:
                kept[name] = Raw(msgspec.json.encode(inner))
    return wire.written(kept) if kept else None


def own(state: ProviderState | None) -> Raw | None:
    """The bytes that this dialect keeps of a part."""
    if state is None or state.dialect != wire.NAME:
        return None
    return Raw(state.data.encode("utf-8", "replace"))


def kept_fields(state: ProviderState | None) -> dict[str, Raw]:
    """The fields of such bytes. Raises `InvalidRequest` where they are no object."""
    raw = own(state)
    if raw is None:
        return {}
    try:
        return wire.RAW_FIELDS.decode(raw)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise InvalidRequest("the provider state of a part is not a JSON object") from error


def with_extras(block: Block, state: ProviderState | None) -> Block:
    """The part with the fields that were kept of it; what the part says itself stays."""
    for name, value in kept_fields(state).items():
        held = block.get(name)
        if name not in block:
            block[name] = value
        elif isinstance(held, dict):
            block[name] = {**wire.fields_of(value), **held}
    return block
