"""Types of every make, as programs have them."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Generic, Literal, NamedTuple, NotRequired, TypedDict, TypeVar
from uuid import UUID

import annotated_types
import msgspec
import pydantic

T = TypeVar("T")


class Mood(enum.Enum):
    """How it feels."""

    GOOD = "good"
    BAD = "bad"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


@dataclass
class Author:
    """Who wrote it.

    Attributes:
        name: the full name
        born: the year
    """

    name: str
    born: int | None = None


@dataclass
class Book:
    title: Annotated[str, annotated_types.MaxLen(20), "as on the cover"]
    authors: list[Author]
    mood: Mood = Mood.GOOD
    tags: set[str] = field(default_factory=set)
    pages: Annotated[int, annotated_types.Ge(1)] = 1
    sequel: Book | None = None


class Movie(TypedDict):
    """A film."""

    title: str
    year: NotRequired[int]
    cast: Mapping[str, Author]


class Options(TypedDict, total=False):
    fast: bool


class Point(NamedTuple):
    x: float
    y: float = 0.0


class Circle(msgspec.Struct, tag="circle"):
    radius: Annotated[float, msgspec.Meta(gt=0, description="in metres")]


class Square(msgspec.Struct, tag="square", forbid_unknown_fields=True):
    side: float
    label: str = msgspec.field(default="", name="caption")


class Event(msgspec.Struct):
    at: datetime
    day: date
    key: UUID
    cost: Decimal
    blob: bytes
    where: tuple[float, float]
    path: tuple[Point, ...] = ()
    kind: Literal["a", "b"] | None = None
    children: tuple[Event, ...] = ()


class Pet(pydantic.BaseModel):
    """An animal."""

    name: str = pydantic.Field(min_length=1, description="what it is called")
    age: int = pydantic.Field(default=0, ge=0)
    friends: list[Pet] = []


@pydantic.dataclasses.dataclass
class Owner:
    name: str
    pets: list[Pet]


@dataclass
class Farm:
    animals: list[Pet]
    owner: Annotated[str, pydantic.Field(pattern="^[A-Z]", description="a surname")]
    best: Pet | None = None


@dataclass
class Page(Generic[T]):
    items: list[T]


class Plain:
    """What JSON has no form for."""
