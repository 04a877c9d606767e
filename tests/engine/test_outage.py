"""A store that is down costs one caller's time in half a second, and is back when it is back."""

from __future__ import annotations

import pytest

from fairlead.engine.outage import Outage
from fairlead.errors import StoreError
from fairlead.testing.runtime import FakeRuntime


def test_one_caller_looks_and_the_others_are_refused_at_once() -> None:
    runtime = FakeRuntime()
    outage = Outage(runtime.now)
    assert outage.over
    assert not outage.lasts
    outage.failed(StoreError("it burns"))
    assert outage.lasts
    with pytest.raises(StoreError, match="it burns"):
        outage.check()
    runtime.advance(0.6)
    outage.check()
    with pytest.raises(StoreError, match="it burns"):
        outage.check()
    outage.answered()
    outage.check()
    outage.check()


def test_who_looked_and_never_came_back_keeps_nobody_out() -> None:
    runtime = FakeRuntime()
    outage = Outage(runtime.now)
    outage.failed(StoreError("it burns"))
    runtime.advance(0.6)
    assert [outage.over, outage.over] == [True, False]
    runtime.advance(0.6)
    assert outage.over


def test_who_is_refused_while_another_finds_the_store_back_is_told_why() -> None:
    runtime = FakeRuntime()
    outage = Outage(runtime.now)
    outage.failed(StoreError("it burns"))
    outage.answered()  # by another thread, between the question and the error
    assert str(outage.error()) == "it burns"
    assert outage.over


def test_it_can_be_forgotten() -> None:
    runtime = FakeRuntime()
    outage = Outage(runtime.now)
    outage.failed(StoreError("it burns"))
    outage.forget()
    assert outage.over
