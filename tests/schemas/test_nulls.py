"""Only a null that had to be written, and cannot be meant, counts as absence."""

from __future__ import annotations

import pytest

from fairlead.schemas.nulls import without_nulls

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
