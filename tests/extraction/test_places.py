"""The parts of a schema by the places of their values."""

from __future__ import annotations

import pytest

from fairlead.extraction.places import places_of, walked

SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 3},
        "tags": {"type": "array", "items": {"$ref": "#/$defs/Tag"}, "maxItems": 2},
        "place": {"anyOf": [{"$ref": "#/$defs/Place"}, {"type": "null"}]},
        "either": {"anyOf": [{"$ref": "#/$defs/Place"}, {"type": "object"}]},
        "pair": {"type": "array", "prefixItems": [{"type": "integer"}], "items": False},
    },
    "additionalProperties": False,
    "$defs": {
        "Tag": {"type": "string", "enum": ["red", "blue"]},
        "Place": {"type": "object", "properties": {"x": {"type": "integer"}}},
    },
}
ROOT = places_of(SCHEMA)


@pytest.mark.parametrize(
    ("path", "right", "wrong"),
    [
        (("name",), "abc", "abcd"),
        (("tags", 0), "red", "green"),
        (("tags", 1), "blue", 1),
        (("place", "x"), 1, "1"),
        (("pair", 0), 1, "1"),
    ],
)
def test_a_value_is_judged_where_it_stands(path, right, wrong) -> None:
    place = walked(ROOT, path)

    assert place is not None
    assert place.problem(right) is None
    assert place.problem(wrong) is not None


@pytest.mark.parametrize(
    ("path", "said"),
    [(("other",), "the field 'other' is not allowed"), (("tags", 2), "at most 2 items")],
)
def test_nothing_may_stand_where_the_schema_has_no_room(path, said) -> None:
    place = walked(ROOT, path)

    assert place is not None
    assert said in str(place.problem("x"))
    assert said in str(place.lasting_problem("x"))


@pytest.mark.parametrize("path", [("either", "x"), ("place", "y"), ("name", "x"), ("pair", 1)])
def test_what_the_schema_leaves_open_is_not_judged(path) -> None:
    assert walked(ROOT, path) is None


def test_items_that_are_alike_share_a_place() -> None:
    tags = walked(ROOT, ("tags",))
    assert tags is not None
    assert tags.inside(0) is tags.inside(1)
    assert tags.inside(1) is not tags.inside(2)


def test_a_text_that_grows_is_wrong_only_for_good() -> None:
    tag, name = walked(ROOT, ("tags", 0)), walked(ROOT, ("name",))
    assert tag is not None
    assert name is not None
    assert (tag.bounded, name.bounded) == (True, True)
    assert tag.lasting_problem("re") is None
    assert tag.lasting_problem("rx") is not None
    assert tag.lasting_problem({}) is not None
    assert name.lasting_problem("abcd") is not None


def test_a_schema_that_refers_to_itself_is_not_taken_apart() -> None:
    circular = {"type": "object", "properties": {"a": {"$ref": "#"}, "n": {"type": "integer"}}}
    assert walked(places_of(circular), ("n",)) is None
    assert places_of(circular).problem({"n": "x"}) is None
