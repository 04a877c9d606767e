"""A value that still grows is given up only when nothing can save it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from tests.schemas.making import Json, growth, schemas

from fairlead.schemas.growing import Path, settled
from fairlead.schemas.validate import Validator


@settings(max_examples=1500, deadline=None)
@given(schemas(), Json)
def test_no_value_on_its_way_to_a_valid_one_is_given_up(
    schema: dict[str, object], value: object
) -> None:
    validator = Validator(schema)
    if not validator.valid(value):
        return

    given_up = [state for state, at in growth(value) if validator.check_partial(state, at)]

    assert given_up == []


@settings(max_examples=500, deadline=None)
@given(schemas(), Json)
def test_a_value_that_is_complete_is_judged_as_a_whole(
    schema: dict[str, object], value: object
) -> None:
    validator = Validator(schema)

    assert (validator.check_partial(value, None) is None) == validator.valid(value)


PERSON = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 3, "pattern": "^A"},
        "mood": {"enum": ["good", "bad"]},
        "age": {"type": "integer", "maximum": 9},
        "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 2, "uniqueItems": True},
        "kind": {"const": "person"},
    },
    "required": ["name", "mood"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("value", "growing"),
    [
        ({}, ()),
        ({"name": ""}, ("name",)),
        ({"name": "Bxy"}, ("name",)),  # no pattern is judged before its text is whole
        ({"mood": "go"}, ("mood",)),
        ({"age": 12}, ("age",)),  # 12e-1 may come
        ({"tags": ["a", "a"]}, ("tags", 1)),  # "ab" may come
        ({"kind": "pers"}, ("kind",)),
    ],
)
def test_what_may_yet_come_right_is_let_be(value: object, growing: Path) -> None:
    assert Validator(PERSON).check_partial(value, growing) is None


@pytest.mark.parametrize(
    ("value", "growing", "problem"),
    [
        ([], (), "expected object, got array at $"),
        ({"x": None}, (), "the field 'x' is not allowed at $"),
        ({"x": ""}, ("x",), "the field 'x' is not allowed at $"),
        ({"name": "Anna"}, ("name",), "at most 3 characters, got 4 at $.name"),
        ({"name": "Bo"}, (), "matches '^A'"),
        ({"name": []}, ("name",), "expected string, got array at $.name"),
        ({"mood": "gr"}, ("mood",), '"gr" begins none of "good", "bad" at $.mood'),
        ({"mood": "go"}, (), "expected one of"),
        ({"age": 12}, (), "at most 9, got 12 at $.age"),
        ({"age": ""}, ("age",), "expected integer, got string at $.age"),
        ({"tags": ["a", "b", ""]}, ("tags", 2), "at most 2 items"),
        ({"tags": ["a", "a"]}, ("tags",), "no item twice"),
        ({"tags": [1]}, ("tags",), "expected string, got integer at $.tags[0]"),
        ({"kind": "pet"}, ("kind",), "does not begin"),
        ({"name": "A"}, None, "the field 'mood' is missing"),
    ],
)
def test_what_can_never_come_right_is_told_at_once(
    value: object, growing: Path | None, problem: str
) -> None:
    found = Validator(PERSON).check_partial(value, growing)

    assert found is not None
    assert problem in str(found)


def test_half_a_character_at_the_end_is_not_held_against_a_text() -> None:
    smile = {"enum": ["a😀"]}

    assert settled("a\ud83d") == "a"
    assert Validator(smile).check_partial("a\ud83d", ()) is None
    assert Validator(smile).check_partial("a\ufffd", ()) is None
    assert Validator(smile).check_partial("b\ud83d", ()) is not None
