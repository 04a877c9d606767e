"""Usage in buckets that count no token twice."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import Raw

from fairlead.dialects.bedrock_converse.usage import usage
from fairlead.types.usage import Usage


def read(told: Any) -> Usage | None:
    return usage(Raw(json.dumps(told).encode()))


def test_the_cache_is_counted_beside_the_input() -> None:
    told = {"inputTokens": 3, "outputTokens": 7, "totalTokens": 60}
    found = read(told | {"cacheReadInputTokens": 20, "cacheWriteInputTokens": 30})
    assert found is not None
    assert (found.input, found.cache_read, found.cache_write, found.output) == (3, 20, 30, 7)
    assert found.total_tokens == 60


def test_a_total_that_counts_the_cache_once_shows_it_inside_the_input() -> None:
    told = {"inputTokens": 53, "outputTokens": 7, "totalTokens": 60, "cacheReadInputTokens": 50}
    found = read(told)
    assert found is not None
    assert (found.input, found.cache_read, found.total_tokens) == (3, 50, 60)


def test_writes_for_an_hour_are_apart() -> None:
    details = [{"ttl": "1h", "inputTokens": 20}, {"ttl": "5m", "inputTokens": 10}]
    found = read({"inputTokens": 1, "cacheWriteInputTokens": 30, "cacheDetails": details})
    assert found is not None
    assert (found.cache_write, found.cache_write_1h) == (10, 20)


def test_an_older_name_of_the_cache_is_read() -> None:
    found = read({"inputTokens": 1, "outputTokens": 2, "cacheReadInputTokenCount": 5})
    assert found is not None
    assert found.cache_read == 5


@pytest.mark.parametrize("told", [None, {}, [], "x", 3])
def test_nothing_told_is_no_usage(told: Any) -> None:
    assert read(told) is None


@pytest.mark.parametrize("figure", [-1, True, "7", 1.5, None, 1 << 60])
def test_an_odd_figure_counts_nothing(figure: Any) -> None:
    found = read({"inputTokens": figure, "outputTokens": 2})
    assert found is not None
    assert (found.input, found.output) == (0, 2)


def test_the_providers_own_words_are_kept() -> None:
    found = usage(Raw(b'{"inputTokens": 1, "new": {}}'))
    assert found is not None
    assert found.raw == '{"inputTokens": 1, "new": {}}'
