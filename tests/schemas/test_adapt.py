"""Schemas as providers take them, with all that they lose on the way."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from anthropic import transform_schema
from hypothesis import given, settings
from openai.lib._pydantic import to_strict_json_schema
from tests.schemas import kinds
from tests.schemas.making import Json, schemas

from fairlead.errors import InvalidRequest
from fairlead.schemas.adapt import adapt
from fairlead.schemas.describe import schema_of
from fairlead.schemas.nulls import without_nulls
from fairlead.schemas.subsets import SUBSETS
from fairlead.schemas.validate import Validator

STRING = {"type": "string"}


def whole(fields: dict[str, object], **more: object) -> dict[str, object]:
    return {"type": "object", "properties": fields, "required": list(fields), **more}


def told(schema: dict[str, object], name: Any) -> list[str]:
    return [str(change) for change in adapt(schema, name).changes]


def test_a_schema_that_fits_comes_back_equal() -> None:
    schema = whole({"a": STRING, "b": {"enum": [1, 2]}}, additionalProperties=False)

    for name in SUBSETS:
        assert adapt(schema, name).schema == schema
        assert adapt(schema, name).changes == ()


def test_strict_mode_wants_every_field_and_no_other() -> None:
    schema = {
        "type": "object",
        "properties": {"a": STRING, "b": {"type": "integer"}},
        "required": ["a"],
    }
    adapted = adapt(schema, "openai")

    assert adapted.schema == {
        "type": "object",
        "properties": {"a": STRING, "b": {"type": ["integer", "null"]}},
        "required": ["a", "b"],
        "additionalProperties": False,
    }
    assert [str(change) for change in adapted.changes] == ["b: is required; null stands for absent"]


@pytest.mark.parametrize(
    ("part", "made"),
    [
        (STRING, {"type": ["string", "null"]}),
        ({"type": "string", "enum": ["a"]}, {"type": ["string", "null"], "enum": ["a", None]}),
        ({"const": 1}, {"anyOf": [{"const": 1}, {"type": "null"}]}),
        ({"$ref": "#/$defs/d"}, {"anyOf": [{"$ref": "#/$defs/d"}, {"type": "null"}]}),
        ({"anyOf": [STRING]}, {"anyOf": [STRING, {"type": "null"}]}),
        ({"type": ["string", "null"]}, {"type": ["string", "null"]}),
        (
            {"type": ["string", "null"], "enum": ["a"]},
            {"type": ["string", "null"], "enum": ["a", None]},
        ),
        ({"type": "null", "enum": [[]]}, {"type": "null", "enum": [[], None]}),
    ],
)
def test_an_optional_field_takes_null(part: dict[str, object], made: dict[str, object]) -> None:
    schema = {"type": "object", "properties": {"a": part}, "$defs": {"d": STRING}}

    assert adapt(schema, "openai").schema["properties"] == {"a": made}


def test_what_has_no_place_goes_into_the_description() -> None:
    part = {"type": "string", "description": "A name.", "minLength": 2, "maxLength": 3}
    adapted = adapt(whole({"a": part}), "openai")

    assert adapted.schema["properties"] == {
        "a": {"type": "string", "description": "A name. (minLength: 2, maxLength: 3)"}
    }
    assert [change.path for change in adapted.changes] == ["a.minLength", "a.maxLength"]
    assert not any(change.lost for change in adapted.changes)


def test_each_provider_keeps_what_it_knows() -> None:
    part = {"type": "integer", "minimum": 1, "default": 2}

    assert adapt(whole({"a": part}), "openai").schema["properties"]["a"]["minimum"] == 1  # type: ignore[index]
    assert adapt(whole({"a": part}), "anthropic").schema["properties"] == {
        "a": {"type": "integer", "default": 2, "description": "(minimum: 1)"}
    }
    assert adapt(whole({"a": part}), "gemini").schema["properties"] == {"a": part}


@pytest.mark.parametrize(
    ("part", "kept"),
    [
        ({"type": "string", "format": "uuid"}, True),
        ({"type": "string", "format": "decimal"}, False),
        ({"type": "string", "pattern": "^a"}, True),
        ({"type": "string", "pattern": "^(?!a)"}, False),
        ({"type": "array", "items": STRING, "minItems": 1}, True),
        ({"type": "array", "items": STRING, "minItems": 2}, False),
    ],
)
def test_some_values_of_a_keyword_are_not_taken(part: dict[str, object], kept: bool) -> None:
    adapted = adapt(whole({"a": part}), "anthropic")

    assert (adapted.schema["properties"] == {"a": part}) is kept
    assert (adapted.changes == ()) is kept


def test_alternatives_are_any_of() -> None:
    assert adapt(whole({"a": {"oneOf": [STRING]}}), "openai").schema["properties"] == {
        "a": {"anyOf": [STRING]}
    }
    assert told(whole({"a": {"oneOf": [STRING]}}), "openai") == ["a: oneOf became anyOf"]
    assert told(whole({"a": {"oneOf": [STRING]}}), "gemini") == []


def test_words_beside_a_reference_stay() -> None:
    schema = whole({"a": {"$ref": "#/$defs/d", "description": "why"}}, **{"$defs": {"d": STRING}})

    for name in SUBSETS:
        assert adapt(schema, name).schema["properties"] == {
            "a": {"description": "why", "anyOf": [{"$ref": "#/$defs/d"}]}
        }


def test_what_must_hold_together_is_joined() -> None:
    both = {"allOf": [{"$ref": "#/$defs/d"}, whole({"b": STRING})], "description": "both"}
    schema = whole({"a": both}, **{"$defs": {"d": whole({"c": STRING})}})
    found = adapt(schema, "openai").schema["properties"]["a"]  # type: ignore[index]

    assert list(found["properties"]) == ["c", "b"]
    assert found["required"] == ["c", "b"]
    assert found["description"] == "both"


def test_what_cannot_be_joined_goes_into_the_description() -> None:
    both = {"allOf": [{"minimum": 1}, {"minimum": 2}], "type": "integer"}

    assert told(whole({"a": both}), "openai") == [
        "a.allOf: not supported; it went into the description"
    ]


def test_a_tuple_becomes_a_list_of_either() -> None:
    adapted = adapt(whole({"a": schema_of(tuple[int, str])}), "openai")

    assert adapted.schema["properties"] == {
        "a": {
            "type": "array",
            "items": {"anyOf": [{"type": "integer"}, STRING]},
            "minItems": 2,
            "maxItems": 2,
        }
    }
    assert [str(change) for change in adapted.changes] == ["a: its places are no longer told apart"]


@pytest.mark.parametrize(
    ("schema", "path", "words"),
    [
        (whole({"a": {"type": "object", "additionalProperties": STRING}}), "a", "any name"),
        (whole({"a": {"type": "object"}}), "a", "any name"),
        (whole({"a": {}}), "a", "any type"),
        (whole({"a": {"type": "array"}}), "a[]", "any type"),
        (whole({"a": {"description": "x"}}), "a", "any type"),
        ({"type": "array", "items": STRING}, "", "no object"),
        ({"anyOf": [whole({"a": STRING})]}, "", "no object"),
    ],
)
def test_what_strict_mode_cannot_say_is_lost(
    schema: dict[str, object], path: str, words: str
) -> None:
    lost = [change for change in adapt(schema, "openai").changes if change.lost]

    assert [change.path for change in lost] == [path]
    assert words in lost[0].what


def test_a_schema_without_end_is_lost_where_it_cannot_be_told() -> None:
    schema = schema_of(kinds.Pet)

    assert any("itself" in change.what for change in adapt(schema, "anthropic").changes)
    assert not any(change.lost for change in adapt(schema, "openai").changes)


def test_definitions_are_adapted_too() -> None:
    schema = whole(
        {"a": {"$ref": "#/$defs/d"}},
        **{"$defs": {"d": {"type": "object", "properties": {"x": STRING}}}},
    )
    adapted = adapt(schema, "openai")

    assert adapted.schema["$defs"]["d"]["required"] == ["x"]  # type: ignore[index]
    assert [change.path for change in adapted.changes] == ["$defs.d.x"]


def test_a_root_that_only_refers_stands_in_place() -> None:
    schema = {"$ref": "#/$defs/d", "$defs": {"d": whole({"x": STRING})}}

    assert adapt(schema, "openai").schema["type"] == "object"


def test_a_reference_to_nothing_is_the_callers_fault() -> None:
    with pytest.raises(InvalidRequest, match="which it does not have"):
        adapt({"$ref": "#/$defs/none"}, "openai")


def test_the_schema_that_was_given_stays_as_it_was() -> None:
    schema = schema_of(kinds.Book)
    before = repr(schema)
    adapt(schema, "openai")

    assert repr(schema) == before


@settings(max_examples=600, deadline=None)
@given(schemas())
def test_any_schema_comes_out_within_the_rules(schema: dict[str, object]) -> None:
    jsonschema.Draft202012Validator.check_schema(schema)
    for name, subset in SUBSETS.items():
        try:
            made = adapt(schema, name).schema
        except InvalidRequest:  # its references lead in a circle
            continue
        jsonschema.Draft202012Validator.check_schema(made)
        for part in parts(made):
            if subset.keywords is not None:
                assert part.keys() <= subset.keywords
            if "properties" in part and subset.closed:
                assert part["additionalProperties"] is False
            if "properties" in part and subset.all_required:
                assert part["required"] == list(part["properties"])
            assert subset.const or "const" not in part


@pytest.mark.parametrize("name", SUBSETS)
def test_that_nothing_may_stand_somewhere_is_lost_and_told(name: Any) -> None:
    found = adapt(
        {"type": "object", "properties": {"a": {"$ref": "#/$defs/no"}}, "$defs": {"no": False}},
        name,
    )

    assert "$defs.no: that nothing may stand there cannot be told of; leave it out" in [
        str(change) for change in found.changes if change.lost
    ]


@settings(max_examples=600, deadline=None)
@given(schemas(), Json)
def test_an_answer_within_strict_mode_is_an_answer_to_what_was_asked(
    schema: dict[str, object], value: object
) -> None:
    """Where the only change is that null stands for absence."""
    fields = {**schema, "properties": {"a": STRING, "b": {"$ref": "#/$defs/one"}}}
    fields = {k: v for k, v in fields.items() if k in ("properties", "required", "$defs")}
    adapted = adapt({"type": "object", **fields}, "openai")
    if any("null stands" not in change.what for change in adapted.changes):
        return
    if Validator(adapted.schema).valid(value):
        assert Validator(fields).valid(without_nulls(value, fields))


def parts(schema: object) -> list[dict[str, Any]]:
    """The schema and all schemas inside it."""
    if not isinstance(schema, dict):
        return []
    inner: list[object] = [schema.get("items")]
    for keyword in ("anyOf", "allOf", "prefixItems"):
        inner += schema.get(keyword, [])
    for keyword in ("properties", "$defs"):
        inner += schema.get(keyword, {}).values()
    return [schema, *(part for one in inner for part in parts(one))]


def test_openais_own_library_agrees_on_what_is_required() -> None:
    theirs = to_strict_json_schema(kinds.Pet)
    ours = adapt(kinds.Pet.model_json_schema(), "openai").schema

    assert ours["required"] == theirs["required"]
    assert ours["additionalProperties"] == theirs["additionalProperties"]
    assert ours["$defs"]["Pet"]["required"] == theirs["$defs"]["Pet"]["required"]  # type: ignore[index]


def test_anthropics_own_library_finds_nothing_more_to_move() -> None:
    parts_of_all_kinds: dict[str, object] = {
        "number": {"type": "integer", "minimum": 1, "multipleOf": 2},
        "text": {"type": "string", "maxLength": 3, "format": "decimal", "description": "words"},
        "list": {"type": "array", "items": STRING, "minItems": 2, "uniqueItems": True},
        "either": {"oneOf": [STRING, {"type": "null"}]},
        "ref": {"$ref": "#/$defs/d"},
    }
    schema = whole(parts_of_all_kinds, **{"$defs": {"d": whole({"x": STRING})}})
    ours = adapt(schema, "anthropic").schema

    assert transform_schema(ours) == ours
