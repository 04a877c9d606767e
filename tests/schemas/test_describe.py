"""Types become the schemas that a model can follow, and the rest is refused by name."""

from __future__ import annotations

import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal, NewType, Optional, Union
from uuid import UUID

import jsonschema
import pytest
from tests.schemas import kinds

from fairlead.errors import InvalidRequest
from fairlead.schemas.describe import schema_of

Name = NewType("Name", str)
STRING = {"type": "string"}
INTEGER = {"type": "integer"}


@pytest.mark.parametrize(
    ("kind", "schema"),
    [
        (str, STRING),
        (int, INTEGER),
        (float, {"type": "number"}),
        (bool, {"type": "boolean"}),
        (None, {"type": "null"}),
        (type(None), {"type": "null"}),
        (Any, {}),
        (object, {}),
        (Name, STRING),
        (list, {"type": "array"}),
        (list[int], {"type": "array", "items": INTEGER}),
        (list[Any], {"type": "array"}),
        (Sequence[str], {"type": "array", "items": STRING}),
        (set[int], {"type": "array", "items": INTEGER}),
        (frozenset[int], {"type": "array", "items": INTEGER}),
        (tuple[int, ...], {"type": "array", "items": INTEGER}),
        (dict, {"type": "object"}),
        (dict[str, int], {"type": "object", "additionalProperties": INTEGER}),
        (Mapping[str, Any], {"type": "object"}),
        (Optional[int], {"anyOf": [INTEGER, {"type": "null"}]}),  # noqa: UP045
        (int | str, {"anyOf": [INTEGER, STRING]}),
        (Union[int, str], {"anyOf": [INTEGER, STRING]}),  # noqa: UP007
        (Literal["a", "b"], {"type": "string", "enum": ["a", "b"]}),
        (Literal[1], {"type": "integer", "enum": [1]}),
        (Literal["a", None], {"type": ["string", "null"], "enum": ["a", None]}),  # noqa: PYI061
        (kinds.Level, {"type": "integer", "enum": [1, 2]}),
        (datetime, {"type": "string", "format": "date-time"}),
        (date, {"type": "string", "format": "date"}),
        (timedelta, {"type": "string", "format": "duration"}),
        (UUID, {"type": "string", "format": "uuid"}),
        (bytes, {"type": "string", "contentEncoding": "base64"}),
    ],
)
def test_a_type_has_its_schema(kind: object, schema: dict[str, object]) -> None:
    assert schema_of(kind) == schema


def test_a_tuple_has_a_schema_for_each_place() -> None:
    assert schema_of(tuple[int, str]) == {
        "type": "array",
        "prefixItems": [INTEGER, STRING],
        "minItems": 2,
        "maxItems": 2,
    }


def test_a_named_tuple_is_an_array_whose_last_places_may_be_absent() -> None:
    schema = schema_of(kinds.Point)

    assert (schema["minItems"], schema["maxItems"]) == (1, 2)
    assert schema["prefixItems"] == [{"type": "number"}, {"type": "number", "default": 0.0}]


def test_keys_that_are_no_plain_text_say_what_they_are() -> None:
    assert schema_of(dict[int, str])["propertyNames"] == {"pattern": "^-?[0-9]+$"}
    assert schema_of(dict[Literal["a", "b"], int])["propertyNames"]["enum"] == ["a", "b"]


def test_a_decimal_may_be_written_as_a_number_or_exactly() -> None:
    options = schema_of(Decimal)["anyOf"]

    assert [option["type"] for option in options] == ["number", "string"]


def test_an_enum_has_the_values_and_words_of_its_members() -> None:
    assert schema_of(kinds.Mood) == {
        "type": "string",
        "enum": ["good", "bad"],
        "description": "How it feels.",
    }


def test_a_dataclass_takes_its_words_from_its_docstring() -> None:
    schema = schema_of(kinds.Author)

    assert schema["description"] == "Who wrote it."
    assert schema["properties"]["name"] == {"description": "the full name", "type": "string"}
    assert schema["properties"]["born"]["description"] == "the year"
    assert schema["required"] == ["name"]


def test_a_docstring_that_python_made_up_is_no_description() -> None:
    @dataclass
    class Bare:
        n: int

    assert Bare.__doc__
    assert "description" not in schema_of(Bare)


def test_defaults_stand_in_the_schema() -> None:
    properties = schema_of(kinds.Book)["properties"]

    assert properties["mood"]["default"] == "good"
    assert properties["tags"]["default"] == []
    assert properties["pages"] == {"type": "integer", "minimum": 1, "default": 1}


def test_a_class_that_holds_itself_refers_to_its_definition() -> None:
    schema = schema_of(kinds.Book)

    assert schema["properties"]["sequel"]["anyOf"][0] == {"$ref": "#/$defs/Book"}
    assert set(schema["$defs"]) == {"Book", "Author"}
    assert schema["$defs"]["Book"]["properties"] == schema["properties"]


def test_a_class_that_nobody_refers_to_stands_only_at_the_root() -> None:
    assert "$defs" not in schema_of(kinds.Author)
    assert set(schema_of(list[kinds.Author])["$defs"]) == {"Author"}


def test_a_typed_dict_knows_which_keys_may_be_absent() -> None:
    schema = schema_of(kinds.Movie)

    assert schema["required"] == ["title", "cast"]
    assert "required" not in schema_of(kinds.Options)


def test_tagged_structs_carry_their_tags() -> None:
    schema = schema_of(kinds.Circle | kinds.Square)
    square = schema["$defs"]["Square"]

    assert square["properties"]["type"] == {"type": "string", "enum": ["square"]}
    assert square["required"] == ["type", "side"]
    assert square["additionalProperties"] is False
    assert "caption" in square["properties"]


def test_two_classes_of_one_name_have_two_definitions() -> None:
    @dataclass
    class Author:
        pen: str

    names = schema_of(tuple[kinds.Author, Author])["$defs"]

    assert set(names) == {"Author", "Author_2"}


def test_a_generic_class_is_described_with_its_argument() -> None:
    schema = schema_of(kinds.Page[int])

    assert schema["properties"]["items"] == {"type": "array", "items": INTEGER}


@pytest.mark.parametrize(
    "kind",
    [kinds.Book, kinds.Movie, kinds.Event, kinds.Farm, kinds.Circle, kinds.Pet, kinds.Owner],
)
def test_every_schema_is_a_schema_of_2020_12(kind: object) -> None:
    jsonschema.Draft202012Validator.check_schema(schema_of(kind))


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        (kinds.Plain, "Plain"),
        (list[kinds.Plain], r"list\[.*\[\]: Plain"),
        (typing.Callable[[int], int], "Callable"),
        (dict[float, str], r"keys\): float"),
        (Literal[b"a"], "b'a' cannot be"),
        (complex, "complex"),
    ],
)
def test_what_json_has_no_form_for_is_refused_by_name(kind: object, path: str) -> None:
    with pytest.raises(InvalidRequest, match=path):
        schema_of(kind)


def test_the_field_that_cannot_be_described_is_named() -> None:
    @dataclass
    class Holder:
        things: list[complex]

    with pytest.raises(InvalidRequest, match=r"Holder\.things\[\]: complex has no JSON form"):
        schema_of(Holder)


def test_an_annotation_that_names_nothing_is_told_of() -> None:
    @dataclass
    class Lost:
        thing: Nowhere  # type: ignore[name-defined]  # noqa: F821

    with pytest.raises(InvalidRequest, match=r"annotation of Lost cannot be read.*Nowhere"):
        schema_of(Lost)
