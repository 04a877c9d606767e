"""Schemas as people type them at a terminal."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from fairlead.errors import InvalidRequest
from fairlead.schemas.short import looks_short, schema_from_short


def test_names_types_and_words_make_an_object() -> None:
    assert schema_from_short("name, age int, bio: one line, tags list[str]") == {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "age": {"type": "integer"},
            "bio": {"type": "string", "description": "one line"},
            "tags": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["name", "age", "bio", "tags"],
    }


def test_lines_part_fields_so_that_words_may_hold_commas() -> None:
    schema = schema_from_short("\nname: first, then last\n  age int: in years, whole\n\n")

    assert schema["properties"] == {
        "name": {"type": "string", "description": "first, then last"},
        "age": {"type": "integer", "description": "in years, whole"},
    }


@pytest.mark.parametrize(
    ("text", "schema"),
    [
        ("x float", {"type": "number"}),
        ("x bool", {"type": "boolean"}),
        ("x str", {"type": "string"}),
        ("x list", {"type": "array"}),
        ("x dict", {"type": "object"}),
        ("x any", {}),
        (
            "x list[list[int]]",
            {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}},
        ),
        ("x good|bad", {"type": "string", "enum": ["good", "bad"]}),
        ("x int: a: b", {"type": "integer", "description": "a: b"}),
    ],
)
def test_a_type_stands_behind_its_name(text: str, schema: dict[str, object]) -> None:
    assert schema_from_short(text)["properties"] == {"x": schema}


@pytest.mark.parametrize("text", ["x, y?", "x, y int?", "x, y?: maybe"])
def test_a_question_mark_lets_a_field_be_absent(text: str) -> None:
    assert schema_from_short(text)["required"] == ["x"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no fields"),
        (" , ,", "no fields"),
        ("x, x", "two fields named 'x'"),
        ("x integr", "'integr' in 'x integr' is no type"),
        ("x list[foo]", "'foo' in"),
        (": words", "is no field"),
    ],
)
def test_what_cannot_be_read_is_told(text: str, words: str) -> None:
    with pytest.raises(InvalidRequest, match=words):
        schema_from_short(text)


@given(st.text(max_size=60))
def test_any_text_gives_a_schema_or_a_typed_error(text: str) -> None:
    try:
        schema = schema_from_short(text)
    except InvalidRequest:
        return
    assert schema["type"] == "object"


@pytest.mark.parametrize("text", ["name, age", "age int", "name: the name", "a\nb", "x list[str]"])
def test_a_list_of_fields_is_known(text: str) -> None:
    assert looks_short(text)


@pytest.mark.parametrize("text", ["schema.json", "name", "C:\\s.json", "my schema.json", "/a/b"])
def test_a_path_is_no_list_of_fields(text: str) -> None:
    assert not looks_short(text)
