"""Patches of shared state, after the examples of RFC 6902 and against its traps."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from fairlead.dialects.ag_ui.patch import PATCH, Patched, PatchError


def patched(value: Any, *operations: dict[str, Any]) -> Any:
    changing = Patched(value)
    for operation in PATCH.decode(msgspec.json.encode(operations)):
        changing.apply(operation)
    return changing.value


@pytest.mark.parametrize(
    ("value", "operation", "expected"),
    [
        ({"a": 1}, {"op": "add", "path": "/b", "value": None}, {"a": 1, "b": None}),
        ({"a": [1, 3]}, {"op": "add", "path": "/a/1", "value": 2}, {"a": [1, 2, 3]}),
        ({"a": [1]}, {"op": "add", "path": "/a/-", "value": 2}, {"a": [1, 2]}),
        ({"a": 1, "b": 2}, {"op": "remove", "path": "/b"}, {"a": 1}),
        ([1, 2], {"op": "remove", "path": "/0"}, [2]),
        ([1, 2], {"op": "replace", "path": "/1", "value": 3}, [1, 3]),
        ({"a": 1}, {"op": "replace", "path": "", "value": [0]}, [0]),
        ({"a": {"b": 1}, "c": {}}, {"op": "move", "from": "/a/b", "path": "/c/d"}, None),
        ({"a": [1]}, {"op": "copy", "from": "/a", "path": "/b"}, {"a": [1], "b": [1]}),
        ({"a/b": {"~": 1}}, {"op": "replace", "path": "/a~1b/~0", "value": 2}, {"a/b": {"~": 2}}),
        ({"a": 1}, {"op": "test", "path": "/a", "value": 1}, {"a": 1}),
    ],
)
def test_operations_change_the_value(value: Any, operation: Any, expected: Any) -> None:
    wanted = {"a": {}, "c": {"d": 1}} if operation["op"] == "move" else expected
    assert patched(value, operation) == wanted


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "remove", "path": "/b"},
        {"op": "replace", "path": "/b", "value": 1},
        {"op": "add", "path": "/b/c", "value": 1},
        {"op": "add", "path": "/a/9", "value": 1},
        {"op": "add", "path": "/a/01x", "value": 1},
        {"op": "add", "path": "/a/" + "9" * 5000, "value": 1},
        {"op": "add", "path": "a", "value": 1},
        {"op": "add", "path": "/b"},
        {"op": "move", "path": "/b"},
        {"op": "move", "from": "", "path": "/b"},
        {"op": "test", "path": "/a", "value": 2},
        {"op": "novel", "path": "/a"},
    ],
)
def test_what_does_not_fit_is_an_error(operation: dict[str, Any]) -> None:
    with pytest.raises(PatchError):
        patched({"a": [1]}, operation)


def test_copies_of_copies_are_bounded() -> None:
    doubling = [{"op": "copy", "from": "", "path": f"/{n}"} for n in range(60)]
    with pytest.raises(PatchError, match="copies more"):
        patched({"a": "x" * 1024}, *doubling)
