"""JSON in what a model writes: found whatever stands around it, however it is split."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, strategies as st

from fairlead.dialects.json_in_text import JsonInText

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
AROUND = st.text(st.characters(exclude_characters="{["), max_size=20)


def found(*pieces: str, opening: str = "{[") -> tuple[str, bool]:
    reader = JsonInText(opening)
    told = [reader.feed(piece) for piece in pieces]
    told.append(reader.close())
    assert "".join(told) == reader.text
    return reader.text, reader.talk


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"a": 1}', ('{"a": 1}', False)),
        ('```json\n{"a": 1}\n```', ('{"a": 1}', False)),
        ('Here it is:\n```\n{"a": 1}\n```\nAnything else?', ('{"a": 1}', True)),
        ('{"a": "}"} and {"b": 2}', ('{"a": "}"}', True)),
        ('{"a": "\\"}"}', ('{"a": "\\"}"}', False)),
        ("[1, [2]] \n", ("[1, [2]]", False)),
        ('{"a": 1', ('{"a": 1', False)),
        ("I will not.", ("I will not.", False)),
        ("", ("", False)),
    ],
)
def test_the_json_is_found(text, told) -> None:
    assert found(text) == told
    assert found(*text) == told


def test_what_the_schema_begins_with_is_looked_for() -> None:
    assert found('See [1]: {"a": [2]}', opening="{") == ('{"a": [2]}', True)


@given(st.dictionaries(st.text(), VALUES) | st.lists(VALUES), AROUND, AROUND, st.data())
def test_any_split_finds_the_same_value(value, before, after, data) -> None:
    written = json.dumps(value, ensure_ascii=data.draw(st.booleans()))
    text = f"{before}{written}{after}"
    places = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    cut = [text[a:b] for a, b in zip([0, *places], [*places, len(text)], strict=True)]
    assert found(*cut) == found(text)
    assert json.loads(found(text)[0]) == value
