"""What an answer costs, from the wire to the response, in both colours."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from tests.client.conftest import KEY, settings_for
from tests.client.wire import JSON, streamed, whole

from fairlead.auth.secret import Secret
from fairlead.errors import InvalidRequest
from fairlead.settings import ProviderSettings, RetrySettings, Settings
from fairlead.testing.server import ScriptedServer, respond


def paid(url: str, name: str = "openai") -> Settings:
    own = ProviderSettings(base_url=f"{url}/v1", key=Secret(KEY))
    return Settings(providers={name: own}, retry=RetrySettings(max_retries=0))


def test_an_answer_has_its_cost(opened) -> None:
    with ScriptedServer(whole()) as server:
        answer = opened(paid(server.url)).chat("openai/gpt-4o", "Hi")

    assert answer.cost.usd == Decimal("0.0000625")  # 9 in at 2.50, 4 out at 10 dollars a million
    assert answer.cost.source == "table"
    assert answer.warnings == ()


def test_a_stream_has_the_same_cost(opened) -> None:
    with ScriptedServer(whole(), streamed("Hello")) as server:
        client = opened(paid(server.url))
        one = client.chat("openai/gpt-4o", "Hi")
        _, two = client.stream("openai/gpt-4o", "Hi")

    assert one.cost == two.cost


def test_a_figure_of_the_providers_own_wins(opened) -> None:
    usage = {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13, "cost": 0.25}
    with ScriptedServer(whole(usage=usage)) as server:
        answer = opened(paid(server.url, "openrouter")).chat("openrouter/openai/gpt-4o", "Hi")

    assert (answer.cost.usd, answer.cost.source) == (Decimal("0.25"), "provider")


def test_an_unknown_price_is_no_cost_and_a_warning(opened) -> None:
    with ScriptedServer(whole()) as server:
        answer = opened(paid(server.url)).chat("openai/gpt-99", "Hi")

    assert answer.cost is None
    (warning,) = answer.warnings
    assert warning.startswith("no price is known for openai/gpt-99")


def test_an_endpoint_of_the_users_own_has_no_price_and_no_warning(opened) -> None:
    with ScriptedServer(whole()) as server:
        answer = opened(settings_for(server.url)).chat("fake/gpt-4o", "Hi")

    assert (answer.cost, answer.warnings) == (None, ())


def test_recommended_settings_are_sent_and_listed(opened) -> None:
    with ScriptedServer(whole(), whole()) as server:
        client = opened(settings_for(server.url))
        plain = client.chat("fake/deepseek-r1", "Hi")
        asked = client.chat("fake/deepseek-r1", "Hi", defaults="recommended", temperature=0.1)
        first, second = (json.loads(request.body) for request in server.requests)

    assert "top_p" not in first
    assert plain.receipt.defaults == ()
    assert (second["temperature"], second["top_p"]) == (0.1, 0.95)
    assert asked.receipt.defaults == ("top_p=0.95",)


def test_too_long_an_answer_is_refused_before_anything_is_sent(opened, monkeypatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with pytest.raises(InvalidRequest, match="writes at most 16,384 tokens"):
        opened(Settings()).chat("openai/gpt-4o", "Hi", max_tokens=20_000)


def test_the_requests_of_one_embedding_cost_what_they_cost_together(opened) -> None:
    body = {
        "model": "text-embedding-3-small",
        "data": [{"index": 0, "embedding": [0.5, 0.25]}],
        "usage": {"prompt_tokens": 50_000_000, "total_tokens": 50_000_000},
    }
    answer = respond(200, JSON, json.dumps(body).encode())
    with ScriptedServer(answer, answer) as server:
        own = ProviderSettings(
            base_url=f"{server.url}/v1", key=Secret(KEY), quirks={"embedding_batch": 1}
        )
        client = opened(Settings(providers={"openai": own}))
        found = client.do("embed", "openai/text-embedding-3-small", ["one", "two"])

    assert len(found.receipt.attempts) == 2
    assert (found.cost.usd, found.cost.source) == (Decimal(2), "table")
