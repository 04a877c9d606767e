"""Limits that contradict each other are refused in one sentence."""

from __future__ import annotations

import pytest

from fairlead.errors import ConfigError
from fairlead.policies.rate_limits import RateLimits


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"requests_per_second": 1, "requests_per_minute": 60}, "not both"),
        ({"requests_per_second": 5, "strict": True, "burst": 5}, "strict allows no burst"),
        ({"burst": 5}, "give requests_per_minute too"),
        ({"tokens_per_minute": 5, "burst": 5}, "give requests_per_minute too"),
        ({"strict": True}, "give requests_per_minute too"),
        ({"concurrency": 3, "strict": True}, "give requests_per_minute too"),
        ({"max_wait": 3.0}, "none is set"),
        ({"concurrency": 0}, "concurrency must be at least 1"),
        ({"requests_per_minute": -1}, "requests_per_minute must be at least 1"),
        ({"concurrency": 3, "max_wait": float("nan")}, "max_wait must be at least 0"),
        ({"concurrency": 3, "max_wait": float("inf")}, "max_wait must be at least 0"),
        ({"adaptive": True, "shared": True}, "leave out adaptive or shared"),
        ({"concurrency": 3, "lease": 60.0}, "lease is for places that processes share"),
        ({"requests_per_second": 3, "shared": True, "lease": 60.0}, "give shared and concurrency"),
        ({"concurrency": 3, "shared": True, "lease": 0.0}, "lease must be at least 1"),
        ({"concurrency": 3, "shared": True, "lease": 86401.0}, "a lease is at most a day"),
        ({"tokens_per_minute": 100_000_001, "shared": True}, "no rate may be above 100000000"),
    ],
)
def test_what_contradicts_itself_is_refused(values, words) -> None:
    with pytest.raises(ConfigError, match=words):
        RateLimits(**values)


def test_nothing_is_limited_unless_set() -> None:
    assert not RateLimits().active
    assert not RateLimits(follow_headers=False, per="key").active


@pytest.mark.parametrize(
    "values",
    [
        {"requests_per_second": 1},
        {"requests_per_minute": 1, "burst": 1, "strict": True},
        {"tokens_per_minute": 1, "strict": True},
        {"concurrency": 1, "max_wait": 0},
        {"adaptive": True},
        {"concurrency": 1, "shared": True, "lease": 30.0},
        {"tokens_per_minute": 100_000_000, "shared": True},
    ],
)
def test_anything_that_is_set_is_active(values) -> None:
    assert RateLimits(**values).active
