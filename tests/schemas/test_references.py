"""References lead within the schema, and nowhere else."""

from __future__ import annotations

import pytest

from fairlead.errors import InvalidRequest
from fairlead.schemas.references import followed, pointed

ROOT = {"$defs": {"a": {"type": "string"}, "b": {"$ref": "#/$defs/a"}, "x y": [10, 11]}}


def test_a_pointer_names_a_part() -> None:
    assert pointed(ROOT, "#") is ROOT
    assert pointed(ROOT, "#/$defs/a") == {"type": "string"}
    assert pointed(ROOT, "#/$defs/x%20y/1") == 11


def test_a_chain_is_followed_to_its_end() -> None:
    assert followed(ROOT, {"$ref": "#/$defs/b"}) == {"type": "string"}
    assert followed(ROOT, True) is True


@pytest.mark.parametrize("reference", ["#/$defs/c", "#/$defs/x%20y/9", "other.json", None, "#a"])
def test_what_is_not_there_is_named(reference: object) -> None:
    with pytest.raises(InvalidRequest, match="refer"):
        pointed(ROOT, reference)


def test_a_circle_of_references_ends() -> None:
    with pytest.raises(InvalidRequest, match="circle"):
        followed({"a": {"$ref": "#/b"}, "b": {"$ref": "#/a"}}, {"$ref": "#/a"})
