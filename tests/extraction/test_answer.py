"""One answer while it comes: partial values, fields, and the first thing that cannot be right."""

from __future__ import annotations

import json
import tracemalloc
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Annotated, Any, Literal

import msgspec
import pydantic
import pytest
from hypothesis import given, strategies as st
from tests.growing import only_grows

from fairlead.extraction.answer import Answer
from fairlead.extraction.shape import Shape

Year = Annotated[int, msgspec.Meta(ge=1450)]


class Author(msgspec.Struct):
    name: str
    born: date | None = None


@dataclass
class Book:
    title: Annotated[str, msgspec.Meta(max_length=20)]
    year: Year
    kind: Literal["novel", "essay"] = "novel"
    authors: list[Author] = field(default_factory=list)


class Loose(pydantic.BaseModel):
    count: int


class Own(pydantic.BaseModel):
    count: int

    @pydantic.field_validator("count", mode="before")
    @classmethod
    def _words(cls, value: Any) -> Any:
        return 3 if value == "three" else value


def read(kind: Any, *pieces: str, **options: Any) -> Answer[Any]:
    answer: Answer[Any] = Answer(Shape(kind, **options), 1, 1 << 20)
    for piece in pieces:
        answer.feed(piece)
    return answer


def test_fields_are_there_as_their_types_when_they_are_complete() -> None:
    answer = read(Book, '{"title": "Dune", "authors": [{"name": "F", "born": "1920-10-08"}], "ye')
    partial = answer.partial()

    assert partial.complete == ("title", "authors")
    assert partial.fields == {"title": "Dune", "authors": [Author("F", date(1920, 10, 8))]}
    assert partial.is_complete("authors", 0, "born")
    assert not partial.is_complete("year")


def test_a_field_that_is_written_twice_counts_once_with_its_last_value() -> None:
    answer = read(Book, '{"title": "Dune", "year": 1964, ')
    assert answer.partial().fields == {"title": "Dune", "year": 1964}
    answer.feed('"year": 1965, ')

    partial = answer.partial()
    assert partial.complete == ("title", "year")
    assert partial.fields == partial.value == {"title": "Dune", "year": 1965}


def test_a_partial_stays_as_it_is() -> None:
    answer = read(Book, '{"title": "Du')
    before = answer.partial()
    answer.feed('ne", "year": 1965, "authors": [{"name": "Fra')
    middle = answer.partial()
    answer.feed('nk"}]}')

    assert before.value == {"title": "Du"}
    assert not before.is_complete("title")
    assert middle.value == {"title": "Dune", "year": 1965, "authors": [{"name": "Fra"}]}
    assert middle.is_complete("year")
    assert not middle.is_complete("authors", 0)
    assert answer.close() == Book("Dune", 1965, "novel", [Author("Frank")])
    assert answer.partial().is_complete()


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"title": 1,', "$.title"),
        ('{"title": "a title that is much ', "$.title"),
        ('{"title": {', "$.title"),
        ('{"year": 1,', "$.year"),
        ('{"kind": "p', "$.kind"),
        ('{"authors": [{"name": "a"}, {"name": 2,', "$.authors[1].name"),
        ('{"authors": [{"name": "a", "born": "yesterday"}]', "$.authors[0].born"),
        ('{"authors": {', "$.authors"),
        ("[", "$"),
        ("{]", "$"),
        ("S", "$"),
    ],
)
def test_the_first_thing_that_cannot_be_right_is_known_at_once(text, place) -> None:
    for end in range(len(text)):
        assert read(Book, text[:end]).fault is None, text[:end]
    answer = read(Book, text)

    assert answer.fault is not None
    assert answer.fault.place == place
    answer.feed("whatever comes now")
    assert answer.text == text + "whatever comes now"


@pytest.mark.parametrize(
    "text", ["", "{", '{"title": "a"}', '{"title": "a"', '{"title": "a", "year": 1500']
)
def test_what_is_missing_is_known_at_the_end(text) -> None:
    answer = read(Book, text)
    assert answer.fault is None
    assert answer.close() is None
    assert answer.fault is not None


def test_all_that_is_wrong_is_told_of_an_answer_that_came_whole() -> None:
    answer = read({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["b"]})
    answer.feed('{"a": 1}')
    answer.close()

    assert [str(fault) for fault in answer.faults()] == [
        "the field 'b' is missing",
        "expected string or null, got integer at $.a",
    ]


def test_a_models_own_rules_are_its_own() -> None:
    assert read(Loose, '{"count": "3"}').close() == Loose(count=3)
    assert read(Loose, '{"count": "many",').fault is not None
    assert read(Own, '{"count": "three"}').close() == Own(count=3)
    answer = read(Own, '{"count": "many"}')
    assert (answer.fault, answer.complete) == (None, ())
    assert answer.close() is None


def test_items_of_a_list_are_read_one_by_one() -> None:
    answer = read(Author, '{"items": [{"name": "a"}, {"name": "b"', items=True)
    assert answer.items == [Author("a")]
    assert answer.partial().complete == (0,)
    assert answer.partial().value == [{"name": "a"}, {"name": "b"}]
    assert answer.partial().growing == (1,)


def test_wrong_items_can_be_left_out() -> None:
    answer: Answer[Any] = Answer(Shape(int, items=True), 1, 1 << 20, lenient=True)
    answer.feed('{"items": [1, "x", 3]}')
    answer.close()
    assert (answer.items, [fault.place for fault in answer.skipped]) == ([1, 3], ["$.items[1]"])


def test_an_answer_that_comes_at_once_takes_no_more_memory_than_one_in_pieces() -> None:
    text = json.dumps({"items": [1] * 20_000}, separators=(",", ":"))

    def peak(size: int) -> int:
        answer: Answer[Any] = Answer(Shape(int, items=True), 1, 1 << 20, lenient=True)
        tracemalloc.start()
        try:
            for place in range(0, len(text), size):
                answer.feed(text[place : place + size])
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
            assert len(answer.items) == 20_000

    assert peak(len(text)) < 1.5 * peak(8 << 10)


def test_an_answer_without_end_is_given_up() -> None:
    answer: Answer[Any] = Answer(Shape(str), 1, 50)
    answer.feed('{"value": "' + "x" * 60)
    assert answer.fault is not None


# -- properties ------------------------------------------------------------------------------------

AUTHORS = st.lists(st.fixed_dictionaries({"name": st.text(max_size=8)}), max_size=3)
BOOKS = st.fixed_dictionaries(
    {"title": st.text(max_size=20), "year": st.integers(1450, 3000)},
    optional={"kind": st.sampled_from(["novel", "essay"]), "authors": AUTHORS},
)


@given(BOOKS, st.booleans(), st.data())
def test_any_split_grows_into_the_same_value(book, ascii_only, data) -> None:
    text = json.dumps(book, ensure_ascii=ascii_only)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    answer = read(Book)
    partials = []
    for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True):
        answer.feed(text[start:end])
        assert answer.fault is None
        partials.append(answer.partial())
    values = [p.value for p in partials if p.value is not None]

    assert only_grows(values)
    assert values[-1] == book
    for before, after in pairwise(partials):
        assert before.complete == after.complete[: len(before.complete)]
        for name in before.complete:
            assert before.value[name] == after.value[name]
    whole = answer.close()
    assert whole == msgspec.convert(book, Book)
    assert set(partials[-1].complete) == set(book)


@given(BOOKS, st.data())
def test_whatever_is_wrong_is_found_before_the_end_in_any_split(book, data) -> None:
    name = data.draw(st.sampled_from(["title", "year"]))
    text = json.dumps(book | {name: []})
    cut = data.draw(st.integers(0, len(text)))
    answer = read(Book, text[:cut], text[cut:])
    assert answer.fault is not None
    assert answer.fault.place == f"$.{name}"
