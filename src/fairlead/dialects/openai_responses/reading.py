"""Reads the shapes of `wire.py`: typed and fast, or field by field where one does not fit."""

from __future__ import annotations

import json
from typing import Generic, TypeVar

import msgspec
from msgspec import Raw, Struct

from fairlead.dialects.jsontext import excerpt, untyped
from fairlead.dialects.openai_responses import wire
from fairlead.errors import DecodeError
from fairlead.types.responses import TokenLogprob

_S = TypeVar("_S", bound=Struct)


class Reader(Generic[_S]):
    """Reads one shape. `typed` is the fast way, for those who handle its errors themselves."""

    __slots__ = ("_fields", "_shape", "typed")

    def __init__(self, shape: type[_S]) -> None:
        self._shape = shape
        self._fields = msgspec.structs.fields(shape)
        self.typed = msgspec.json.Decoder(shape).decode

    def __call__(self, data: bytes | Raw) -> _S:
        """`data` as the shape. Raises `DecodeError` where it is not a JSON object."""
        try:
            return self.typed(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return self._fitting(bytes(data))

    def _fitting(self, data: bytes) -> _S:
        """The fields that fit; for the others their default stands."""
        value = untyped(data)
        if not isinstance(value, dict):
            raise DecodeError("the answer is not a JSON object", excerpt(data))
        found: dict[str, object] = {}
        for field in self._fields:
            if field.name in value:
                try:
                    found[field.name] = _converted(value[field.name], field.type)
                except msgspec.ValidationError:
                    continue
        return self._shape(**found)


read_event = Reader(wire.StreamEvent)
read_response = Reader(wire.Response)
read_item = Reader(wire.Item)
read_content = Reader(wire.ContentPart)
read_annotation = Reader(wire.Annotation)
read_search_result = Reader(wire.SearchResult)
read_usage = Reader(wire.UsageReport)
read_cost = Reader(wire.ReportedCost)
read_cost_details = Reader(wire.CostDetails)


def present(raw: Raw) -> bool:
    """Whether the field is there and not null."""
    return bytes(raw) not in (b"", b"null")


def text_of(raw: Raw) -> str:
    """A JSON string's text; any other value as the JSON text that it is; empty for none."""
    data = bytes(raw)
    if not data.startswith(b'"'):
        return data.decode("utf-8", "replace") if present(raw) else ""
    try:
        return str(msgspec.json.decode(data))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return str(untyped(data))


def elements(raw: Raw) -> list[Raw]:
    """The elements of a JSON array, byte for byte; none for anything else."""
    data = bytes(raw)
    if not data.startswith(b"["):
        return []
    try:
        return msgspec.json.decode(data, type=list[Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        value = untyped(data)
        return [_raw(element) for element in value] if isinstance(value, list) else []


def token_logprobs(found: list[wire.Logprob]) -> tuple[TokenLogprob, ...]:
    return tuple(
        [
            TokenLogprob(
                one.token,
                one.logprob,
                _bytes(one.bytes),
                tuple([TokenLogprob(t.token, t.logprob, _bytes(t.bytes)) for t in one.top_logprobs])
                if one.top_logprobs
                else (),
            )
            for one in found
        ]
    )


def _bytes(values: list[int] | None) -> tuple[int, ...] | None:
    return None if values is None else tuple(values)


def _converted(value: object, kind: object) -> object:
    # msgspec cannot convert plain values to Raw.
    if kind is Raw:
        return _raw(value)
    if kind == list[Raw] | None:
        return [_raw(element) for element in value] if isinstance(value, list) else None
    return msgspec.convert(value, kind)


def _raw(value: object) -> Raw:
    return Raw(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())
