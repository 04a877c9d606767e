"""Checks and lists of models of built-in providers, whose addresses are moved to this machine."""

from __future__ import annotations

import json

import pytest

from fairlead import Settings
from fairlead.auth.secret import Secret
from fairlead.errors import UnsupportedFeature
from fairlead.settings import ProviderSettings, RetrySettings
from fairlead.testing.server import ScriptedServer, respond

JSON = [("Content-Type", "application/json")]


def settings(name: str, url: str) -> Settings:
    own = ProviderSettings(base_url=url, key=Secret("k"))
    return Settings(providers={name: own}, retry=RetrySettings(max_retries=0))


def test_a_check_may_be_a_request_with_a_body(opened) -> None:
    with ScriptedServer(respond(200, JSON, b'{"data":[]}')) as server:
        result = opened(settings("voyageai", f"{server.url}/v1")).check("voyageai")

    (request,) = server.requests
    assert result.ok
    assert (request.method, request.path) == ("POST", "/v1/embeddings")
    assert json.loads(request.body) == {"model": "voyage-3.5-lite", "input": ["Hi"]}


def test_a_provider_without_chat_has_no_list_of_models_and_says_so(opened) -> None:
    with pytest.raises(UnsupportedFeature, match="voyageai does not support a list of models"):
        opened(settings("voyageai", "http://127.0.0.1:9")).models("voyageai")


def test_models_are_listed_in_the_providers_own_shape(opened) -> None:
    body = b'{"models":[{"name":"models/gemini-x","displayName":"X","inputTokenLimit":9}]}'
    with ScriptedServer(respond(200, JSON, body)) as server:
        (model,) = opened(settings("gemini", f"{server.url}/v1beta")).models("gemini")

    assert (model.id, model.name, model.context_window) == ("gemini-x", "X", 9)
    assert server.requests[0].path == "/v1beta/models?pageSize=1000"
