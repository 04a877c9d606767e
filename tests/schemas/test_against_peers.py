"""Our answer is that of the libraries which do nothing else."""

from __future__ import annotations

import jsonschema
import msgspec
import pydantic
import pytest
from hypothesis import given, settings, strategies as st
from tests.schemas.kinds import Book, Circle, Event, Farm, Movie, Pet, Point, Square
from tests.schemas.making import Json, schemas

from fairlead.errors import SchemaMismatch
from fairlead.schemas.describe import schema_of
from fairlead.schemas.validate import Validator
from fairlead.schemas.values import convert


@settings(max_examples=1500, deadline=None)
@given(schemas(), Json)
def test_a_value_is_valid_where_jsonschema_says_so(
    schema: dict[str, object], value: object
) -> None:
    theirs = jsonschema.Draft202012Validator(schema).is_valid(value)

    assert Validator(schema).valid(value) == theirs


_SEEDS = {
    Book: {"title": "T", "authors": [{"name": "A", "born": None}], "pages": 3, "sequel": None},
    Movie: {"title": "T", "year": 3, "cast": {"x": {"name": "A"}}},
    Pet: {"name": "Rex", "age": 3, "friends": [{"name": "T"}]},
    Farm: {"animals": [{"name": "R"}], "owner": "Low", "best": {"name": "R"}},
    Point: [1, 2],
    Circle | Square: {"type": "square", "side": 1, "caption": "c"},
    Event: {
        "at": "2026-01-02T03:04:05Z",
        "day": "2026-01-02",
        "key": "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
        "cost": 1,
        "blob": "",
        "where": [0, 1],
        "children": [],
    },
}


def changed(value: object) -> st.SearchStrategy[object]:
    """The value with some part of it replaced by anything, or left out."""
    if isinstance(value, list) and value:
        place = st.integers(0, len(value) - 1)
        return Json | place.flatmap(
            lambda n: changed(value[n]).map(lambda item: [*value[:n], item, *value[n + 1 :]])
        )
    if isinstance(value, dict) and value:
        names = st.sampled_from(sorted(value))
        less = names.map(lambda gone: {k: v for k, v in value.items() if k != gone})
        return less | names.flatmap(
            lambda n: changed(value[n]).map(lambda item: {**value, n: item})
        )
    return Json


@pytest.mark.parametrize("kind", list(_SEEDS), ids=str)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_what_converts_follows_the_schema_of_its_type(kind: object, data: st.DataObject) -> None:
    """The other way round a format may be wrong, which schemas do not judge."""
    value = data.draw(changed(_SEEDS[kind]))
    schema = schema_of(kind)
    try:
        made = convert(value, kind)
    except SchemaMismatch:
        return
    again = msgspec.json.decode(msgspec.json.encode(made, enc_hook=_plain))

    assert Validator(schema).valid(again)
    assert convert(again, kind) == made


@settings(max_examples=200, deadline=None)
@given(changed(_SEEDS[Pet]))
def test_a_model_is_read_as_pydantic_reads_it(value: object) -> None:
    try:
        theirs: object = Pet.model_validate_json(msgspec.json.encode(value))
    except pydantic.ValidationError:
        theirs = None
    try:
        ours: object = convert(value, Pet)
    except SchemaMismatch:
        ours = None

    if theirs is not None:
        assert ours == theirs


def _plain(value: object) -> object:
    assert isinstance(value, pydantic.BaseModel)
    return value.model_dump(mode="json")
