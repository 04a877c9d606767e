"""`--schema` takes a file, JSON, or a list of fields."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead.cli.schema import read_schema
from fairlead.errors import InvalidRequest


def test_a_list_of_fields_is_a_schema() -> None:
    assert read_schema("name, age int: in years") == {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "age": {"type": "integer", "description": "in years"},
        },
        "required": ["name", "age"],
    }


def test_a_file_whose_name_looks_like_fields_is_still_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a, b").write_text('{"type": "object"}', encoding="utf-8")

    assert read_schema("a, b") == {"type": "object"}


def test_a_type_that_is_none_is_told() -> None:
    with pytest.raises(InvalidRequest, match="'integr' in 'age integr' is no type"):
        read_schema("name, age integr")


def test_a_file_that_is_not_there_is_told() -> None:
    with pytest.raises(InvalidRequest, match=r"schema\.json cannot be read"):
        read_schema("schema.json")
