"""The transport without a line keeps nothing of what it has told."""

from __future__ import annotations

from traceback import walk_tb

import pytest

from fairlead.engine.runtime import drive
from fairlead.errors import ProtocolError
from fairlead.ports import Timeouts
from fairlead.testing.memory import Answer, MemoryTransport
from fairlead.testing.runtime import FakeRuntime
from fairlead.types.http import HttpRequest


@pytest.mark.parametrize("amid", [False, True], ids=["answer", "stream"])
def test_an_error_that_is_raised_often_keeps_the_frames_of_one_time(amid: bool) -> None:
    cut = ProtocolError("reset", sent=True)
    transport = MemoryTransport(FakeRuntime(), [Answer((cut,)) if amid else cut] * 5)

    async def ask() -> None:
        request = HttpRequest("GET", "https://api.test/")
        response = await transport.send(request, deadline=9e9, timeouts=Timeouts())
        await response.read(9e9)

    depths = set()
    for _ in range(5):
        with pytest.raises(ProtocolError):
            drive(ask())
        depths.add(len(list(walk_tb(cut.__traceback__))))
    assert len(depths) == 1
