"""What is timed may be slow by chance, but not always, and never quick by chance."""

from __future__ import annotations

import pytest
from tests.timing import TRIES, prompt


def test_the_first_try_that_keeps_the_time_is_the_last() -> None:
    tries = 0
    for watch in prompt(1.0):
        tries += 1
        watch.seconds = 3.0 if tries < TRIES else 0.5
    assert tries == TRIES


def test_what_is_always_slow_fails() -> None:
    with pytest.raises(AssertionError, match="never took less than"):
        for watch in prompt(1.0):
            watch.seconds = 1.0


def test_what_is_once_too_quick_fails() -> None:
    with pytest.raises(AssertionError, match="and not"):
        for watch in prompt(1.0, least=0.2):
            watch.seconds = 0.1


def test_a_block_is_timed_also_where_it_raises() -> None:
    with pytest.raises(LookupError):
        for watch in prompt(60.0):
            with watch:
                raise LookupError
    assert 0.0 < watch.seconds < 60.0
