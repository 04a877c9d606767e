"""Values that may be one of several classes come back as their types wherever they stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Annotated, Literal, NewType, TypedDict

import annotated_types
import pydantic
import pytest
from tests.schemas.kinds import Mood
from typing_extensions import TypeAliasType

from fairlead.errors import SchemaMismatch
from fairlead.extraction.shape import shape_of
from fairlead.schemas.values import convert, readable


class Cat(pydantic.BaseModel):
    kind: Literal["cat"]
    lives: int = 9


class Dog(pydantic.BaseModel):
    kind: Literal["dog"]
    name: str


Pet = Annotated[Cat | Dog, pydantic.Field(discriminator="kind")]
Owned = NewType("Owned", list[Pet])


@dataclass
class Sum:
    terms: list[Term]
    kind: Literal["sum"]


@dataclass
class Product:
    terms: list[Term]
    kind: Literal["product"]
    by: int = 1


Term = Sum | Product | int
Named = TypeAliasType("Named", list[Term])


class Mixed(Enum):
    ONE = 1
    HALF = 0.5
    NONE = "none"


class Shelf(TypedDict):
    term: Term
    pets: list[Pet]


@dataclass
class Notes:
    about: dict[str, Cat | Product] = field(default_factory=dict)


CAT, DOG = {"kind": "cat"}, {"kind": "dog", "name": "Rex"}
SUM = {"kind": "sum", "terms": [1, {"terms": [], "kind": "product", "by": 2}]}
TOLD = Sum([1, Product([], "product", 2)], "sum")


@pytest.mark.parametrize(
    ("kind", "value", "made"),
    [
        (Pet, CAT, Cat(kind="cat")),
        (list[Pet], [DOG, CAT], [Dog(kind="dog", name="Rex"), Cat(kind="cat")]),
        (Owned, [CAT], [Cat(kind="cat")]),
        (Sequence[Cat | Dog], [CAT], [Cat(kind="cat")]),
        (tuple[Term, ...], [SUM, 3], (TOLD, 3)),
        (tuple[Cat | Dog, Term], [CAT, SUM], (Cat(kind="cat"), TOLD)),
        (Mapping[Mood, Term], {"good": SUM}, {Mood.GOOD: TOLD}),
        (dict[int, Cat | Dog], {"7": CAT}, {7: Cat(kind="cat")}),
        (dict[Literal[Mood.GOOD], int], {"good": 1}, {Mood.GOOD: 1}),
        (Term, SUM, TOLD),
        (list[Term] | None, None, None),
        (Shelf, {"term": SUM, "pets": [CAT]}, {"term": TOLD, "pets": [Cat(kind="cat")]}),
        (Named, [SUM], [TOLD]),
        (Mixed, 1, Mixed.ONE),
        (list[Mixed], [0.5, "none"], [Mixed.HALF, Mixed.NONE]),
        (Literal[Mood.GOOD, "bad"], "good", Mood.GOOD),
        (Literal[Mood.GOOD, "bad"], "bad", "bad"),
        (Notes, {}, Notes()),
        (Notes, {"about": {"x": {"terms": [], "kind": "product", "by": None}}, "more": 1},
         Notes({"x": Product([], "product")})),
    ],
)  # fmt: skip
def test_one_of_several_classes_is_read_wherever_it_stands(kind, value, made) -> None:
    readable(kind, "it")

    assert convert(value, kind) == made


@pytest.mark.parametrize(
    ("kind", "value", "place"),
    [
        (list[Pet], [CAT, {"kind": "dog"}], "$[1].kind"),
        (dict[str, Term], {"a": {"kind": "sum", "terms": ["x"]}}, "$.a.terms[0]"),
        (Shelf, {"term": 1, "pets": [{"kind": "cow"}]}, "$.pets[0].kind"),
        (Annotated[list[Pet], annotated_types.MinLen(1)], [], "$"),
        (set[Cat | Dog], [CAT], "$"),
        (list[Mixed], [0.5, 2], "$[1]"),
        (Shelf, {"term": 1}, "$"),
        (Shelf, [], "$"),
    ],
)
def test_what_fits_none_of_them_says_where(kind, value, place) -> None:
    with pytest.raises(SchemaMismatch) as caught:
        convert(value, kind)

    assert caught.value.path == place


@dataclass
class Left:
    left: int = 0


@dataclass
class Right:
    right: int = 0


def test_the_first_that_fits_is_the_first_that_was_named() -> None:
    """Though Python calls the same alternatives in another order equal."""
    for _ in range(2):
        assert convert([{}], list[Left | Right]) == [Left()]
        assert convert([{}], list[Right | Left]) == [Right()]
        assert shape_of(Left | Right).read({"value": {}}) == Left()
        assert shape_of(Right | Left).read({"value": {}}) == Right()


def test_classes_inside_each_other_are_not_tried_over_and_over() -> None:
    value: object = 1
    for _ in range(30):  # were each tried with all that is in it, two to the thirtieth times
        value = {"terms": [value], "kind": "product"}

    assert isinstance(convert(value, Term), Product)
