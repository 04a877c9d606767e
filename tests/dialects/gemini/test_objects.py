"""Objects cut out of a stream of JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from fairlead.dialects.gemini.objects import ObjectParser
from fairlead.errors import ResponseTooLarge

VALUES = st.recursive(
    st.none() | st.integers() | st.text(alphabet='{}[]"\\a,:\n', max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)
OBJECTS = st.lists(st.dictionaries(st.text(alphabet='{}"\\a', max_size=3), VALUES), max_size=4)


@settings(deadline=None, max_examples=100)
@given(OBJECTS, st.integers(1, 9), st.sampled_from([None, 1]))
def test_every_object_is_found_at_any_split(objects: list[Any], size: int, indent: Any) -> None:
    for body in (json.dumps(objects, indent=indent), "\r\n".join(map(json.dumps, objects))):
        parser = ObjectParser(1 << 20)
        data = body.encode()
        found = [
            piece
            for place in range(0, len(data), size)
            for piece in parser.feed(data[place : place + size])
        ]
        assert [json.loads(piece) for piece in found] == objects
        assert not parser.open


def test_an_object_that_has_not_ended_is_open() -> None:
    parser = ObjectParser(100)

    assert parser.feed(b'}[{"a": "}') == []
    assert parser.open


def test_what_is_too_long_is_refused() -> None:
    for data in (b'{"a": "' + b"x" * 100, b'{"a": "' + b"x" * 100 + b'"}'):
        with pytest.raises(ResponseTooLarge):
            ObjectParser(50).feed(data)
