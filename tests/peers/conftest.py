"""The server that these tests talk to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest


class Served:
    """A server of agents: where it is, and what was sent to it."""

    def __init__(self, url: str, application: Any) -> None:
        self.url = url
        self._application = application

    @property
    def last(self) -> bytes:
        """The body of the last request."""
        body: bytes = self._application.state.seen[-1]
        return body


@pytest.fixture(scope="session")
def agents() -> Iterator[Served]:
    from tests.peers.agents import application, serving

    app = application()
    with serving(app) as url:
        yield Served(url, app)
