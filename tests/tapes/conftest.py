"""Clients of both colours, a place for a tape, and a recording of what a server said."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.client.conftest import COLOURS, Opener, quick, settings_for

import fairlead
from fairlead.testing.server import Answer, ScriptedServer

__all__ = ["quick"]

QUESTION = "What is 6 x 7?"
GONE = "http://127.0.0.1:9"
Record = Callable[..., Path]


@pytest.fixture(params=COLOURS)
def opened(request: pytest.FixtureRequest) -> Iterator[Opener]:
    """Of both colours."""
    opener = Opener(COLOURS[request.param])
    yield opener
    opener.close()


@pytest.fixture
def tape(tmp_path: Path) -> Path:
    return tmp_path / "tape"


@pytest.fixture
def recorded(opened: Opener, tape: Path) -> Record:
    """Record one question, streamed or whole, for each answer of a server that then goes away."""

    def record(*answers: Answer, stream: bool = True) -> Path:
        with ScriptedServer(*answers) as server:
            client = opened(settings_for(server.url), transport=fairlead.record(tape))
            for _ in answers:
                ask = client.stream if stream else client.chat
                ask("fake/m-1", QUESTION)
        return tape

    return record
