"""The places of the pool are counted exactly."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, strategies as st

from fairlead.transports.curl.quota import Quota
from fairlead.types.http import HttpSettings

ORIGINS = st.sampled_from(["https://a", "https://b", "https://c"])


@given(st.integers(1, 6), st.integers(1, 4), st.lists(st.tuples(st.booleans(), ORIGINS)))
def test_a_place_is_given_whenever_there_is_one_and_never_otherwise(
    limit: int, limit_per_host: int, steps: list[tuple[bool, str]]
) -> None:
    quota = Quota(HttpSettings(max_connections=limit, max_connections_per_host=limit_per_host))
    taken: Counter[str] = Counter()
    for take, origin in steps:
        if take:
            free = taken.total() < limit and taken[origin] < limit_per_host
            assert quota.take(origin) is free
            taken[origin] += free
        elif taken[origin]:
            quota.give(origin)
            taken[origin] -= 1
