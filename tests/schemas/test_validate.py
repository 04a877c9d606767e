"""A schema's problems are found where they are, in words that help."""

from __future__ import annotations

import pytest

from fairlead.errors import InvalidRequest, SchemaMismatch
from fairlead.schemas.validate import Validator

PERSON = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1},
        "age": {"type": "integer", "minimum": 0},
        "tags": {"type": "array", "items": {"enum": ["a", "b"]}, "uniqueItems": True},
        "boss": {"$ref": "#"},
    },
    "required": ["name"],
    "additionalProperties": False,
}


def told(schema: object, value: object) -> list[str]:
    return [str(problem) for problem in Validator(schema).problems(value)]  # type: ignore[arg-type]


def test_a_value_that_fits_has_no_problem() -> None:
    value = {"name": "Ann", "age": 3, "tags": ["a"], "boss": {"name": "Bo"}}

    assert told(PERSON, value) == []
    Validator(PERSON).check(value)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ([], "expected object, got array at $"),
        ({}, "the field 'name' is missing at $"),
        ({"name": ""}, "expected at least 1 characters, got 0 at $.name"),
        ({"name": "A", "age": -1}, "expected at least 0, got -1 at $.age"),
        ({"name": "A", "age": True}, "expected integer, got boolean at $.age"),
        ({"name": "A", "tags": ["c"]}, 'expected one of "a", "b", got "c" at $.tags[0]'),
        ({"name": "A", "tags": ["a", "a"]}, "expected no item twice at $.tags"),
        ({"name": "A", "x": 1}, "the field 'x' is not allowed at $"),
        ({"name": "A", "boss": {"name": 1}}, "expected string, got integer at $.boss.name"),
    ],
)
def test_a_problem_says_what_and_where(value: object, problem: str) -> None:
    assert told(PERSON, value) == [problem]
    with pytest.raises(SchemaMismatch) as caught:
        Validator(PERSON).check(value)
    assert problem in str(caught.value)


def test_all_problems_are_told() -> None:
    assert len(told(PERSON, {"age": -1, "x": 2, "tags": ["q"]})) == 4


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        (True, [1, None], []),
        (False, [], [1, None]),
        ({"type": ["string", "null"]}, ["a", None], [1]),
        ({"type": "integer"}, [1, 1.0, -(10**30)], [1.5, "1", True]),
        ({"type": "number"}, [1, 1.5], ["1", False]),
        ({"const": 1}, [1, 1.0], [True, "1"]),
        ({"enum": [[1], {"a": 1}]}, [[1.0], {"a": 1}], [[True], {"a": 2}]),
        ({"multipleOf": 0.1}, [0.3, 1, "x"], [0.35]),
        ({"exclusiveMinimum": 1, "exclusiveMaximum": 3}, [2], [1, 3]),
        ({"maxLength": 2}, ["ab", "😀😀", 5], ["abc"]),
        ({"pattern": "^a"}, ["ab", 3], ["ba"]),
        ({"pattern": r"\p{L}"}, ["anything, as it cannot be read"], []),
        ({"prefixItems": [{"type": "string"}]}, [["a", 1], []], [[1]]),
        ({"prefixItems": [True], "items": False}, [[1]], [[1, 2]]),
        ({"items": [{"type": "string"}], "additionalItems": False}, [["a"]], [["a", 1], [1]]),
        ({"minProperties": 1, "maxProperties": 1}, [{"a": 1}], [{}, {"a": 1, "b": 1}]),
        ({"additionalProperties": {"type": "null"}}, [{"a": None}], [{"a": 1}]),
        ({"patternProperties": {"^n": {"type": "null"}}}, [{"n": None, "x": 1}], [{"n": 1}]),
        (
            {"patternProperties": {"^n": True}, "additionalProperties": False},
            [{"n": 1}],
            [{"m": 1}],
        ),
        ({"propertyNames": {"maxLength": 1}}, [{"a": 1}], [{"ab": 1}]),
        ({"not": {"type": "string"}}, [1], ["a"]),
        ({"allOf": [{"minimum": 1}, {"maximum": 2}]}, [1, 2], [0, 3]),
        ({"anyOf": [{"type": "string"}, {"minimum": 3}]}, ["a", 3], [1]),
        ({"oneOf": [{"type": "integer"}, {"minimum": 3}]}, [1, 3.5], [4, 1.5]),
        ({"x-unknown": 1, "format": "email"}, ["no email"], []),
    ],
)
def test_a_keyword_lets_through_what_it_should(
    schema: object, good: list[object], bad: list[object]
) -> None:
    validator = Validator(schema)  # type: ignore[arg-type]

    assert [value for value in good if not validator.valid(value)] == []
    assert [value for value in bad if validator.valid(value)] == []


def test_of_alternatives_the_one_that_went_furthest_is_told() -> None:
    schema = {"anyOf": [{"type": "null"}, {"properties": {"a": {"type": "integer"}}}]}

    assert told(schema, {"a": "x"}) == ["expected integer, got string at $.a"]


def test_alternatives_that_all_fail_at_once_are_all_told() -> None:
    (problem,) = told({"anyOf": [{"type": "null"}, {"minimum": 3}]}, 1)

    assert "fits none of the alternatives: expected null, got integer; expected at" in problem


def test_references_may_lead_anywhere_in_the_schema() -> None:
    schema = {
        "properties": {"a/b": {"type": "string"}, "c": {"$ref": "#/properties/a~1b"}},
        "allOf": [{"properties": {"d": {"$ref": "#/allOf/0/properties/e"}, "e": {"const": 1}}}],
    }

    assert Validator(schema).valid({"c": "x", "d": 1})
    assert told(schema, {"c": 1, "d": 2}) == [
        "expected string, got integer at $.c",
        "expected 1 at $.d",
    ]


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "https://example.com/s.json"},
        {"$ref": "#/$defs/none"},
        {"$ref": "#anchor"},
        {"$ref": 5},
        {"$ref": "#"},
        {"anyOf": [{"$ref": "#"}, {"$ref": "#"}]},
    ],
)
def test_a_reference_that_leads_nowhere_is_the_callers_fault(schema: dict[str, object]) -> None:
    with pytest.raises(InvalidRequest, match="refer"):
        Validator(schema).valid(1)


def test_a_schema_must_be_an_object() -> None:
    with pytest.raises(InvalidRequest, match="a schema must be a JSON object"):
        Validator([1])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("schema", "place"),
    [
        ({"type": "strin"}, "$"),
        ({"type": ["string", "nul"]}, "$"),
        ({"type": 3}, "$"),
        ({"properties": {"a": {"items": {"type": "STRING"}}}}, "$.properties.a.items"),
        ({"anyOf": [{"type": "null"}, {"not": {"type": "any"}}]}, "$.anyOf[1].not"),
        ({"$defs": {"A": {"additionalProperties": {"type": "int"}}}}, "$.$defs.A.additionalProp"),
        ({"prefixItems": [{"type": "date"}]}, "$.prefixItems[0]"),
        ({"items": [{"type": "list"}]}, "$.items[0]"),
    ],
)
def test_a_type_that_json_schema_does_not_know_is_refused_with_its_place(
    schema: dict[str, object], place: str
) -> None:
    with pytest.raises(InvalidRequest, match="JSON Schema knows null, boolean") as caught:
        Validator(schema)
    assert f"at {place}" in str(caught.value)


def test_names_and_values_that_are_no_types_are_left_alone() -> None:
    schema = {
        "properties": {"type": {"const": "x"}},
        "const": {"type": "x"},
        "default": {"type": "x"},
        "x-own": {"type": "x"},
        "type": None,
    }
    assert Validator(schema).valid({"type": "x"})
    circle: dict[str, object] = {"type": "array"}
    circle["items"] = circle
    assert Validator(circle).valid([[]])
