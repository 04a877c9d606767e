"""Which transport a client has."""

from __future__ import annotations

from fairlead.testing.memory import MemoryTransport
from fairlead.testing.runtime import FakeRuntime
from fairlead.transports.choice import transport_for

RUNTIME = FakeRuntime()
USUAL, GIVEN = MemoryTransport(RUNTIME, []), MemoryTransport(RUNTIME, [])


def test_without_one_it_is_the_usual_and_with_one_that() -> None:
    assert transport_for(None, RUNTIME, lambda: USUAL) is USUAL
    assert transport_for(GIVEN, RUNTIME, lambda: USUAL) is GIVEN


def test_what_makes_transports_makes_one_for_the_runtime() -> None:
    class Maker:
        def transport_for(self, runtime, default):
            return runtime, default()

    assert transport_for(Maker(), RUNTIME, lambda: USUAL) == (RUNTIME, USUAL)
