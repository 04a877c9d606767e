"""What stands beside a type counts, whichever library it comes from."""

from __future__ import annotations

from typing import Annotated

import annotated_types as at
import msgspec
import pydantic
import pytest
from typing_extensions import Doc

from fairlead.schemas.annotated import is_foreign
from fairlead.schemas.describe import schema_of


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (Annotated[int, at.Ge(1), at.Lt(9)], {"minimum": 1, "exclusiveMaximum": 9}),
        (Annotated[int, at.Interval(gt=1, le=9)], {"exclusiveMinimum": 1, "maximum": 9}),
        (Annotated[float, at.MultipleOf(0.5)], {"multipleOf": 0.5}),
        (Annotated[str, at.Len(2, 4)], {"minLength": 2, "maxLength": 4}),
        (Annotated[list[int], at.Len(2, 4)], {"minItems": 2, "maxItems": 4}),
        (Annotated[dict[str, int], at.MinLen(1)], {"minProperties": 1}),
        (Annotated[int, msgspec.Meta(ge=1, title="N")], {"minimum": 1, "title": "N"}),
        (Annotated[str, msgspec.Meta(pattern="^a")], {"pattern": "^a"}),
        (Annotated[str, msgspec.Meta(examples=["x"])], {"examples": ["x"]}),
        (Annotated[str, msgspec.Meta(extra_json_schema={"format": "email"})], {"format": "email"}),
        (Annotated[int, pydantic.Field(ge=1, description="d")], {"minimum": 1, "description": "d"}),
        (Annotated[str, pydantic.StringConstraints(max_length=3, pattern="b")], {"maxLength": 3}),
        (Annotated[str, "in words"], {"description": "in words"}),
        (Annotated[str, Doc("in words")], {"description": "in words"}),
    ],
)
def test_metadata_becomes_keywords(kind: object, words: dict[str, object]) -> None:
    assert words.items() <= schema_of(kind).items()


def test_constraints_of_an_optional_type_stand_at_the_type() -> None:
    schema = schema_of(Annotated[str | None, at.MaxLen(3), "why"])

    assert schema["anyOf"][0] == {"type": "string", "maxLength": 3}
    assert schema["description"] == "why"


def test_what_means_nothing_in_json_is_passed_over() -> None:
    assert schema_of(Annotated[int, object(), at.Predicate(bool), 5]) == {"type": "integer"}


def test_only_constraints_that_msgspec_does_not_check_are_foreign() -> None:
    assert is_foreign([at.Ge(1)])
    assert is_foreign([pydantic.Field(max_length=3)])
    assert not is_foreign([msgspec.Meta(ge=1), "words", Doc("more")])
