"""JSON kept as the bytes it came in."""

from __future__ import annotations

import pytest
from msgspec import Raw

from fairlead.dialects import rawjson


@pytest.mark.parametrize(("raw", "came"), [(b"", False), (b"null", False), (b"0", True)])
def test_null_and_nothing_are_not_there(raw: bytes, came: bool) -> None:
    assert rawjson.present(Raw(raw)) is came


@pytest.mark.parametrize("raw", [b"", b"null", b"5", b"[", b'"\xff'])
def test_what_has_another_shape_is_nothing(raw: bytes) -> None:
    assert rawjson.optional(Raw(raw), rawjson.FIELDS) is None


def test_fields_keep_their_bytes() -> None:
    fields = rawjson.kept('{"a": 1.0, "b":[ ]}')

    assert {name: rawjson.text_of(raw) for name, raw in fields.items()} == {"a": "1.0", "b": "[ ]"}
    assert rawjson.kept("no JSON") == {}
    assert rawjson.text({"a": "\u00e9"}) == '{"a":"\u00e9"}'
    assert rawjson.text_of(b"\xff") == "\ufffd"


def test_an_object_is_read_into_plain_values_and_anything_else_is_none() -> None:
    assert rawjson.plain_fields(Raw(b'{"a": [1, null]}')) == {"a": [1, None]}
    assert rawjson.plain_fields(b'{"a": "\xff"}') == {"a": "\ufffd"}
    for other in (b"", b"null", b"[1]", b'{"a"'):
        assert rawjson.plain_fields(other) == {}
