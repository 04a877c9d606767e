"""JSON values come back as the program's own types, or the error says where they broke."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from decimal import Decimal
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

import annotated_types
import msgspec
import pytest
from tests.schemas import kinds
from tests.schemas.kinds import Author, Book, Circle, Farm, Mood, Owner, Pet, Point, Square

from fairlead.errors import InvalidRequest, SchemaMismatch
from fairlead.schemas.values import convert, readable, text_of

EVENT = {
    "at": "2026-01-02T03:04:05Z",
    "day": "2026-01-02",
    "key": "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
    "cost": 2.5,
    "blob": "aGk=",
    "where": [1, 2.5],
    "path": [[1], [2, 3]],
}


def test_a_dataclass_comes_back_with_all_that_it_holds() -> None:
    given = {
        "title": "Sea",
        "authors": [{"name": "Ann"}],
        "mood": "bad",
        "tags": ["x", "x"],
        "sequel": {"title": "Sky", "authors": []},
    }

    assert convert(given, Book) == Book("Sea", [Author("Ann")], Mood.BAD, {"x"}, 1, Book("Sky", []))


def test_scalars_of_python_come_back_from_their_texts() -> None:
    event = convert(EVENT, kinds.Event)

    assert event.at == datetime.fromisoformat("2026-01-02T03:04:05+00:00")
    assert event.cost == Decimal("2.5")
    assert event.blob == b"hi"
    assert event.path == (Point(1.0), Point(2.0, 3.0))


@pytest.mark.parametrize(
    ("value", "kind", "made"),
    [
        (1, float, 1.0),
        ([1, 2], set[int], {1, 2}),
        ({"1": "a"}, dict[int, str], {1: "a"}),
        ({"title": "T", "cast": {}}, kinds.Movie, {"title": "T", "cast": {}}),
        ({"type": "circle", "radius": 2}, Circle | Square, Circle(2.0)),
        (None, Author | None, None),
        ("b", Literal["a", "b"], "b"),
        ({"x": [1]}, dict[str, list[int]], {"x": [1]}),
        ({"items": [{"name": "A"}]}, kinds.Page[Author], kinds.Page([Author("A")])),
    ],
)
def test_a_value_comes_back_as_its_type(value: object, kind: object, made: object) -> None:
    assert convert(value, kind) == made


def test_pydantic_reads_its_own_models() -> None:
    made = convert({"name": "Rex", "friends": [{"name": "Tom"}]}, Pet)

    assert made == Pet(name="Rex", friends=[Pet(name="Tom")])
    assert convert({"name": "O", "pets": []}, Owner) == Owner(name="O", pets=[])


def test_models_inside_other_classes_are_read_by_pydantic() -> None:
    farm = convert({"animals": [{"name": "Rex"}], "owner": "Low"}, Farm)

    assert farm.animals == [Pet(name="Rex")]


@pytest.mark.parametrize(
    ("value", "kind", "path", "reason"),
    [
        ({"title": "T", "authors": [{"name": 3}]}, Book, "$.authors[0].name", "got int"),
        ({"title": "T" * 21, "authors": []}, Book, "$.title", "at most 20 characters"),
        ({"title": "T", "authors": [], "pages": 0}, Book, "$.pages", "at least 1"),
        ({"authors": []}, Book, "$", "title"),
        ({"name": ""}, Pet, "$.name", "at least 1 character"),
        ({"name": "R", "friends": [{"name": "T", "age": -1}]}, Pet, "$.friends[0].age", "equal"),
        ({"animals": [{"age": 1}], "owner": "Low"}, Farm, "$.animals[0].name", "required"),
        ({"animals": [], "owner": "low"}, Farm, "$.owner", "matches"),
        ("c", Literal["a", "b"], "$", "'c'"),
        ("3", int, "$", "expected int"),
        (True, int, "$", "expected int"),
        ({"type": "circle", "radius": 0}, Circle | Square, "$.radius", "> 0"),
    ],
)
def test_what_does_not_fit_says_where_and_why(
    value: object, kind: object, path: str, reason: str
) -> None:
    with pytest.raises(SchemaMismatch) as caught:
        convert(value, kind)

    assert caught.value.path == path
    assert reason in caught.value.reason
    assert path in str(caught.value)


def test_a_null_for_a_field_that_may_be_absent_counts_as_absent() -> None:
    given = {"title": "T", "authors": [], "mood": None, "tags": None, "sequel": None}

    assert convert(given, Book) == Book("T", [])


def test_a_null_for_a_field_that_must_be_there_is_refused() -> None:
    with pytest.raises(SchemaMismatch, match="title"):
        convert({"title": None, "authors": []}, Book)


def test_classes_of_a_union_without_tags_are_tried_in_turn() -> None:
    @dataclasses.dataclass
    class Left:
        a: int

    @dataclasses.dataclass
    class Right:
        b: int

    assert convert({"b": 1}, Left | Right) == Right(1)
    with pytest.raises(SchemaMismatch, match="missing required field b"):
        convert({"c": 1}, Right | None)


def test_a_type_that_cannot_be_read_is_the_callers_fault() -> None:
    class Odd(msgspec.Struct):
        either: Author | Book

    with pytest.raises(InvalidRequest, match="Odd cannot be read from JSON"):
        convert({"either": {}}, Odd)
    with pytest.raises(InvalidRequest, match="things: Odd cannot be read"):
        readable(dict[str, list[Author | Pet | Odd]], "things")


def test_a_path_is_a_text() -> None:
    assert convert(["a/b"], list[Path]) == [Path("a/b")]
    assert text_of({"found": PurePosixPath("a/b")}) == '{"found":"a/b"}'
    with pytest.raises(SchemaMismatch, match="expected string, got integer"):
        convert(1, Path)


def test_a_json_schema_checks_and_gives_the_value_back() -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}}
    value = {"n": 1}

    assert convert(value, schema) is value
    with pytest.raises(SchemaMismatch, match=r"expected integer, got string at \$\.n"):
        convert({"n": "1"}, schema)


def test_metadata_that_cannot_be_hashed_does_no_harm() -> None:
    kind = Annotated[int, annotated_types.Ge(1), msgspec.Meta(examples=[1]), {"odd": []}]

    assert convert(2, kind) == 2


def test_a_value_nested_without_end_is_a_typed_error() -> None:
    value: object = []
    for _ in range(100_000):
        value = [value]

    with pytest.raises(SchemaMismatch, match="nested too deeply"):
        convert(value, {"$ref": "#/$defs/a", "$defs": {"a": {"items": {"$ref": "#/$defs/a"}}}})


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("as it is", "as it is"),
        (None, "null"),
        ({"a": [1, 2.5]}, '{"a":[1,2.5]}'),
        (Author("Ann"), '{"name":"Ann","born":null}'),
        (Circle(1.0), '{"type":"circle","radius":1.0}'),
        (Pet(name="Rex"), '{"name":"Rex","age":0,"friends":[]}'),
        ([Pet(name="Rex")], '[{"name":"Rex","age":0,"friends":[]}]'),
        (Mood.GOOD, '"good"'),
    ],
)
def test_what_a_tool_returns_becomes_text(value: object, text: str) -> None:
    assert text_of(value) == text


@pytest.mark.parametrize("value", [kinds.Plain(), {"a": object()}, {(1, 2): 3}])
def test_what_json_has_no_form_for_cannot_be_written(value: object) -> None:
    with pytest.raises(TypeError):
        text_of(value)


def test_anything_at_all_stands_in_a_list_or_map_of_objects() -> None:
    assert convert([1, "a", None, {"b": [2]}], list[object]) == [1, "a", None, {"b": [2]}]
    assert convert({"a": {"b": None}}, dict[str, object]) == {"a": {"b": None}}


@dataclasses.dataclass
class Picky:
    size: int

    def __post_init__(self) -> None:
        raise LookupError(f"no {self.size} here")


def test_whatever_a_class_raises_that_is_made_of_a_value_is_a_mismatch() -> None:
    with pytest.raises(SchemaMismatch, match="Picky cannot be made of it: LookupError: no 3") as c:
        convert({"size": 3}, Picky)
    assert isinstance(c.value.__cause__, LookupError)


def test_half_of_a_character_cannot_be_told() -> None:
    for value in ("\ud83d", ["\ud83d"]):
        with pytest.raises(TypeError, match="surrogates not allowed"):
            text_of(value)
