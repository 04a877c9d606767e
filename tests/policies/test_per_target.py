"""One thing for each target, and the oldest forgotten."""

from __future__ import annotations

from fairlead.policies.per_target import MOST_TARGETS, PerTarget


class Lists(PerTarget[list[str]]):
    def _fresh(self) -> list[str]:
        return []


def test_each_target_has_its_own_for_good() -> None:
    lists = Lists()
    lists.of("a/one").append("seen")
    assert lists.of("a/one") == ["seen"]
    assert lists.of("a/two") == []
    assert lists.known() == (("a/one", ["seen"]), ("a/two", []))


def test_of_too_many_the_oldest_is_forgotten() -> None:
    lists = Lists()
    for number in range(MOST_TARGETS + 1):
        lists.of(f"a/{number}").append("seen")
    assert len(lists.known()) == MOST_TARGETS
    assert lists.of("a/1") == ["seen"]
    assert lists.of("a/0") == []
