"""What is asked for: how it is put to the model, and how it is read back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypedDict

import msgspec
import pydantic
import pytest

from fairlead.errors import InvalidRequest, SchemaMismatch
from fairlead.extraction.shape import Shape, shape_of


@dataclass
class Book:
    """A printed work."""

    title: str
    year: int = 0


class Cat(msgspec.Struct, tag=True):
    lives: int


class Dog(msgspec.Struct, tag=True):
    tricks: list[str]


class Row(TypedDict):
    name: str


class Node(msgspec.Struct):
    name: str
    inner: list[Node] = []


class Page(pydantic.BaseModel):
    number: int


@pytest.mark.parametrize("kind", [Book, Cat, Row, Page, Node, dict[str, int]])
def test_an_object_is_asked_for_as_it_is(kind) -> None:
    shape = Shape(kind)

    assert shape.holder is None
    assert shape.output.schema["type"] == "object"


@pytest.mark.parametrize(
    ("kind", "value", "read"),
    [
        (int, 3, 3),
        (list[int], [1, 2], [1, 2]),
        (list[Book], [{"title": "a"}], [Book("a")]),
        (Literal["yes", "no"], "no", "no"),
        (Cat | Dog, {"type": "Dog", "tricks": ["sit"]}, Dog(["sit"])),
        (Book | None, None, None),
        (tuple[int, str], [1, "a"], (1, "a")),
        ({"type": "array", "items": {"type": "integer"}}, [1], [1]),
    ],
)
def test_what_is_no_object_is_held_in_one(kind, value, read) -> None:
    shape = Shape(kind)

    assert shape.holder == "value"
    assert list(shape.output.schema["properties"]) == ["value"]
    assert shape.validator.valid({"value": value})
    assert shape.read({"value": value}) == read


@pytest.mark.parametrize("written", [[1, "a"], {}, {"items": [1, "a"]}, None])
def test_an_answer_without_what_should_hold_the_value_is_told_as_such(written) -> None:
    with pytest.raises(SchemaMismatch, match="expected an object with the field 'value'"):
        Shape(tuple[int, str]).read(written)


def test_definitions_stay_where_references_find_them() -> None:
    kind = {
        "type": "array",
        "items": {"anyOf": [{"$ref": "#/$defs/N"}, {"$ref": "#"}]},
        "$defs": {"N": {"type": "integer"}},
    }
    shape = Shape(kind)

    assert shape.validator.valid({"value": [1, [2, [3]]]})
    assert not shape.validator.valid({"value": [1, ["x"]]})


def test_a_list_of_what_holds_itself_is_judged_whole() -> None:
    kind = {"type": "object", "properties": {"inner": {"$ref": "#"}, "n": {"type": "integer"}}}
    shape = Shape(kind, items=True)

    assert shape.holder == "items"
    assert shape.validator.valid({"items": [{"n": 1, "inner": {"n": 2}}]})
    assert not shape.validator.valid({"items": [{"inner": {"inner": {"n": "x"}}}]})
    assert Shape(Node, items=True).validator.valid({"items": [{"name": "a", "inner": []}]})


def test_the_name_is_one_that_providers_take() -> None:
    assert Shape(Book).output.name == "Book"
    assert Shape(list[Book]).output.name == "list_Book" or Shape(list[Book]).output.name
    assert Shape({"type": "object"}).output.name == "answer"
    assert Shape({"type": "object", "title": "Größe & Co"}).output.name == "Gr_e_Co"


def test_a_null_stands_for_a_field_that_may_be_absent() -> None:
    shape = Shape(Book)
    written = {"title": "a", "year": None}

    assert shape.validator.valid(written)
    assert shape.read(written) == Book("a")
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    assert Shape(schema).read({"a": None}) == {}


def test_what_does_not_fit_says_where() -> None:
    with pytest.raises(SchemaMismatch, match=r"\$\.year"):
        Shape(Book).read({"title": "a", "year": "b"})


@pytest.mark.parametrize("kind", ["Book", None, lambda: 1, object()])
def test_what_is_no_type_is_refused(kind: Any) -> None:
    with pytest.raises(InvalidRequest):
        shape_of(kind)


def test_a_type_is_looked_at_once() -> None:
    assert shape_of(Book) is shape_of(Book)
    assert shape_of({"type": "object"}) is not shape_of({"type": "object"})
