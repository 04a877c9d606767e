"""The servers that these tests talk to, each started for the first test that wants it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from scripts.peers import aimock_command, litellm_program
from tests.peers import proxy
from tests.peers.mock import FIXTURES, Mock
from tests.peers.processes import running
from tests.ports import free_port

from fairlead.errors import LocalModelError
from fairlead.local.server import LocalServer


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


@pytest.fixture(scope="session")
def aimock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mock]:
    """aimock, which writes the formats of many providers."""
    command = aimock_command()
    if command is None:
        pytest.skip("aimock is missing; python3 scripts/peers.py fetches it")
    folder, port = tmp_path_factory.mktemp("aimock"), free_port()
    fixtures = folder / "fixtures.json"
    fixtures.write_text(json.dumps({"fixtures": FIXTURES}))
    # Small pieces, so that texts and arguments come in several.
    options = ["--port", str(port), "--fixtures", str(fixtures), "--chunk-size", "5", "--strict"]
    with running([*command, *options], port, ready="/__aimock/health", folder=folder) as url:
        yield Mock(url)


@pytest.fixture(scope="session")
def litellm(tmp_path_factory: pytest.TempPathFactory, aimock: Mock) -> Iterator[str]:
    """LiteLLM's proxy, in front of the models of this machine and of aimock's tools."""
    program = litellm_program()
    if program is None:
        pytest.skip("LiteLLM's proxy is missing; python3 scripts/peers.py fetches it")
    folder, port = tmp_path_factory.mktemp("litellm"), free_port()
    with closing(LocalServer()) as models:
        try:
            chat, vectors = models.start("smollm2"), models.start("minilm")
        except LocalModelError as error:
            pytest.skip(f"the local models cannot run: {error}")
        config = folder / "config.json"
        config.write_text(json.dumps(proxy.config(chat, vectors, aimock.url)))
        with running(
            [str(program), *proxy.options(port), "--config", str(config)],
            port,
            ready="/health/liveliness",
            folder=folder,
            environment=proxy.ENVIRONMENT,
        ) as url:
            yield url
