"""Only a null that had to be written, and cannot be meant, counts as absence."""

from __future__ import annotations

import pytest

from fairlead.errors import SchemaMismatch
from fairlead.schemas.nulls import without_nulls
from fairlead.schemas.validate import Validator

SCHEMA = {
    "type": "object",
    "properties": {
        "must": {"type": "string"},
        "may": {"type": "string"},
        "null": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "any": {},
        "inner": {"$ref": "#/$defs/inner"},
        "list": {"type": "array", "items": {"$ref": "#/$defs/inner"}},
        "either": {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/inner"}]},
        "map": {"type": "object", "additionalProperties": {"$ref": "#/$defs/inner"}},
    },
    "required": ["must"],
    "$defs": {"inner": {"type": "object", "properties": {"n": {"type": "integer"}}}},
}


@pytest.mark.parametrize(
    ("value", "left"),
    [
        ({"may": None}, {}),
        ({"must": None}, {"must": None}),
        ({"null": None, "any": None}, {"null": None, "any": None}),
        ({"unknown": None}, {"unknown": None}),
        ({"inner": {"n": None}}, {"inner": {}}),
        ({"inner": None}, {}),
        ({"list": [{"n": None}, {"n": 1}]}, {"list": [{}, {"n": 1}]}),
        ({"either": {"n": None}}, {"either": {}}),
        ({"map": {"k": {"n": None}}}, {"map": {"k": {}}}),
        ([None], [None]),
        (None, None),
    ],
)
def test_nulls_go_where_nothing_else_is_meant(value: object, left: object) -> None:
    assert without_nulls(value, SCHEMA) == left


def test_the_value_that_was_given_stays_as_it_was() -> None:
    value = {"may": None}
    without_nulls(value, SCHEMA)

    assert value == {"may": None}


NUMBER = {"type": "object", "properties": {"n": {"type": "integer"}}}


@pytest.mark.parametrize(
    ("schema", "value", "left"),
    [
        ({"prefixItems": [NUMBER, {"type": "string"}]}, [{"n": None}, "x"], [{}, "x"]),
        ({"prefixItems": [{"type": "string"}], "items": NUMBER}, ["x", {"n": None}], ["x", {}]),
        ({"oneOf": [{"type": "string"}, NUMBER]}, {"n": None}, {}),
        (
            {"allOf": [NUMBER, {"properties": {"m": {"type": "string"}}}]},
            {"n": None, "m": None},
            {},
        ),
        ({**NUMBER, "additionalProperties": NUMBER}, {"k": {"n": None}}, {"k": {}}),
    ],
)
def test_nulls_are_found_wherever_a_schema_may_put_fields(schema, value, left) -> None:
    assert without_nulls(value, schema) == left


@pytest.mark.parametrize("reference", ["#/definitions/inner", "#/properties/first", "#"])
def test_references_lead_anywhere_in_the_schema(reference: str) -> None:
    schema = {
        "type": "object",
        "properties": {
            "first": NUMBER,
            "n": {"type": "integer"},
            "either": {"anyOf": [{"type": "string"}, {"$ref": reference}]},
        },
        "definitions": {"inner": NUMBER},
    }

    assert without_nulls({"either": {"n": None}}, schema) == {"either": {}}


def test_alternatives_inside_alternatives_are_judged_once_each() -> None:
    def sign(name: str) -> dict[str, object]:
        both = {"left": {"$ref": "#/$defs/term"}, "sign": {"enum": [name]}}
        return {"type": "object", "properties": both, "required": ["left", "sign"]}

    schema = {
        "anyOf": [{"$ref": "#/$defs/term"}],
        "$defs": {"term": {"anyOf": [sign("+"), sign("-"), {"type": "integer"}]}},
    }
    value: object = 1
    for _ in range(40):  # were each tried with all that is in it, two to the fortieth times
        value = {"left": value, "sign": "-"}

    assert without_nulls(value, schema) == value
    assert Validator(schema).valid(value)


def test_a_value_nested_without_end_is_a_typed_error() -> None:
    value: object = {}
    for _ in range(2_000):
        value = {"inner": value}

    with pytest.raises(SchemaMismatch, match="nested too deeply"):
        without_nulls(value, {"type": "object", "properties": {"inner": {"$ref": "#"}}})
