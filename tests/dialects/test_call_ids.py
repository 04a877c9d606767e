from __future__ import annotations

import re

import pytest
from hypothesis import given, strategies as st

from fairlead.dialects.call_ids import SentIds, shortened, spelled
from fairlead.errors import InvalidRequest

FOREIGN = re.compile(r"[^a-z0-9_]")


def legal(call_id: str) -> str:
    return shortened(spelled(call_id, FOREIGN), 40)


@given(st.lists(st.text(min_size=1, max_size=60), max_size=6))
def test_ids_are_legal_and_apart_and_results_follow_their_calls(ids: list[str]) -> None:
    sent = SentIds(legal)
    named = [sent.call(one) for one in ids]

    assert len(set(named)) == len(ids)
    assert all(re.fullmatch(r"[a-z0-9_]{1,40}", one) for one in named)
    assert [sent.result(one) for one in ids] == named


def test_a_legal_id_stays_as_it_is() -> None:
    sent = SentIds(legal)

    assert sent.call("call_1") == "call_1"
    assert "call_1" in sent
    assert "call_2" not in sent


def test_an_id_that_comes_again_is_another_call() -> None:
    sent = SentIds(legal)
    sent.call("call_0")
    sent.result("call_0")

    assert sent.call("call_0") == "call_0_2"
    assert sent.result("call_0") == "call_0_2"


def test_results_of_calls_with_one_id_go_to_them_in_order() -> None:
    sent = SentIds(legal)
    assert [sent.call("call_0"), sent.call("call_0")] == ["call_0", "call_0_2"]

    assert [sent.result("call_0"), sent.result("call_0")] == ["call_0", "call_0_2"]
    assert sent.result("call_0") == "call_0_2"


def test_long_ids_with_one_head_stay_apart() -> None:
    assert shortened("a" * 70 + "1", 64) != shortened("a" * 70 + "2", 64)
    assert len(shortened("a" * 70, 64)) == 64


def test_an_empty_id_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="needs an id"):
        spelled("", FOREIGN)
