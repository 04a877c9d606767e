from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from fairlead.explaining import trees

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from(["", "a", "b"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    ),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("without", "whole", "places"),
    [
        ({"a": 1}, {"a": 1, "b": {"c": 2}}, [("b",)]),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, [("a", "b")]),
        ({"a": [1, 2]}, {"a": [1, 9, 2]}, [("a", 1)]),
        ({"a": [1, 2]}, {"a": [1, 3]}, [("a", 1)]),
        ({"a": {"b": 1}}, {"a": {}}, [("a",)]),
        ({"a": [1, 2]}, {"a": [1]}, [("a",)]),
        ({"a": 1}, {"a": True}, [("a",)]),
        ({"a": 1}, {"a": 1.0}, []),
    ],
)
def test_what_is_new_is_told_as_high_up_as_it_is_new(without, whole, places) -> None:
    assert list(trees.differences(without, whole)) == places


@given(JSON, JSON)
def test_two_values_differ_somewhere_or_are_the_same(one: object, other: object) -> None:
    places = list(trees.differences(one, other))

    assert (places == []) is trees.same(one, other)
    assert all(trees.stands(other, place) for place in places)


@given(JSON)
def test_what_stands_at_a_leaf_is_found_in_the_value(value: object) -> None:
    for place in trees.leaves(value):
        wanted = trees.value_at(value, place)
        found = trees.find(wanted, value)
        assert found is not None
        assert trees.same(trees.value_at(value, found), wanted)


def test_a_path_reads_as_one_would_write_it() -> None:
    assert trees.path(("messages", 0, "content", 1, "text")) == "messages[0].content[1].text"
