"""Prices of one's own, from the settings to the answer and the budget, in both colours."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from tests.client.conftest import KEY
from tests.client.test_budgets import spent
from tests.client.wire import JSON, streamed, whole

import fairlead
from fairlead import Client, Settings
from fairlead.auth.secret import Secret
from fairlead.errors import BudgetExceeded, ConfigError
from fairlead.settings import ProviderSettings, RetrySettings
from fairlead.stores.memory import shared_ledger
from fairlead.testing.server import ScriptedServer, respond

LLAMA = {"llama-*": {"input": 0.2, "output": "0.6"}}
FREE = {"*": {"input": 0, "output": 0}}
COST = 4200  # nano-dollars of the usual answer: 9 in at 0.20, 4 out at 0.60 dollars a million


@pytest.fixture(autouse=True)
def _own_ledger() -> None:
    shared_ledger.cache_clear()


def lab(url: str, prices: Any = LLAMA, name: str = "lab") -> Settings:
    own = ProviderSettings(base_url=f"{url}/v1", key=Secret(KEY), prices=prices)
    return Settings(providers={name: own}, retry=RetrySettings(max_retries=0))


def test_an_endpoint_of_ones_own_has_a_cost(opened) -> None:
    with ScriptedServer(whole(), streamed("Hello")) as server:
        client = opened(lab(server.url))
        one = client.chat("lab/Llama-3.3-70b", "Hi")
        _, two = client.stream("lab/Llama-3.3-70b", "Hi")

    assert one.cost == two.cost
    assert (one.cost.usd, one.cost.source) == (Decimal("0.0000042"), "settings")
    assert one.cost.price_source == 'providers.lab.prices."llama-*"'
    assert (one.cost.price_date, one.warnings) == (None, ())


def test_its_other_models_have_none_and_no_warning(opened) -> None:
    with ScriptedServer(whole()) as server:
        answer = opened(lab(server.url)).chat("lab/qwen-3", "Hi")

    assert (answer.cost, answer.warnings) == (None, ())


def test_a_server_on_this_machine_may_have_a_price_too(opened) -> None:
    with ScriptedServer(whole()) as server:
        client = opened(lab(server.url, name="vllm"))
        with fairlead.budget("team-a", usd=5):
            answer = client.chat("vllm/llama-3", "Hi", max_tokens=10)

    assert answer.cost.source == "settings"
    assert spent("team-a") == (COST, 0)


def test_a_price_of_ones_own_stands_above_that_of_the_table(opened) -> None:
    prices = {"gpt-4o": {"input": 1, "output": 1}}
    with ScriptedServer(whole(), whole()) as server:
        client = opened(lab(server.url, prices, "openai"))
        own, listed = client.chat("openai/gpt-4o", "Hi"), client.chat("openai/gpt-4o-mini", "Hi")

    assert (own.cost.usd, own.cost.source) == (Decimal("0.000013"), "settings")
    assert listed.cost.source == "table"


def test_the_figure_of_the_provider_itself_stands_above_it(opened) -> None:
    usage = {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13, "cost": 0.25}
    with ScriptedServer(whole(usage=usage)) as server:
        answer = opened(lab(server.url, FREE, "openrouter")).chat("openrouter/openai/gpt-4o", "Hi")

    assert (answer.cost.usd, answer.cost.source) == (Decimal("0.25"), "provider")


def test_a_budget_holds_and_settles_by_it(opened) -> None:
    with ScriptedServer(whole()) as server:
        client = opened(lab(server.url))
        with fairlead.budget("team-a", usd="0.001"):
            client.chat("lab/llama-3", "Hi", max_tokens=10)
            with pytest.raises(BudgetExceeded, match="may cost"):
                client.chat("lab/llama-3", "Hi", max_tokens=100_000)

    assert spent("team-a") == (COST, 0)
    assert len(server.requests) == 1


def test_without_a_bound_a_budget_refuses_and_says_what_to_set(opened) -> None:
    with ScriptedServer() as server:
        client = opened(lab(server.url))
        with fairlead.budget("team-a", usd=5):
            with pytest.raises(BudgetExceeded, match="set max_tokens"):
                client.chat("lab/llama-3", "Hi")
            with pytest.raises(BudgetExceeded, match=r"\[providers\.<name>\.prices\]"):
                client.chat("lab/qwen-3", "Hi", max_tokens=10)


def test_what_is_free_needs_no_bound(opened) -> None:
    with ScriptedServer(whole()) as server:
        client = opened(lab(server.url, FREE))
        with fairlead.budget("team-a", usd=5):
            answer = client.chat("lab/anything", "Hi")

    assert (answer.cost.usd, answer.cost.source) == (0, "settings")
    assert spent("team-a") == (0, 0)


def test_texts_that_are_embedded_cost_what_the_settings_say(opened) -> None:
    body = (
        b'{"object":"list","model":"e","data":[{"object":"embedding","index":0,"embedding":[0.5]}],'
        b'"usage":{"prompt_tokens":1000,"total_tokens":1000}}'
    )
    with ScriptedServer(respond(200, JSON, body)) as server:
        client = opened(lab(server.url, {"e": {"input": 3}}))
        with fairlead.budget("team-a", usd=5):
            found = client.do("embed", "lab/e", ["Hi"])

    assert (found.cost.usd, found.cost.source) == (Decimal("0.003"), "settings")
    assert spent("team-a") == (3_000_000, 0)


def test_prices_are_read_again_with_the_settings() -> None:
    with ScriptedServer(whole(), whole(), whole()) as server:
        with Client(lab(server.url)) as client:
            costs = [client.chat("lab/llama-3", "Hi").cost]
            for prices in (FREE, {}):
                client.reload(lab(server.url, prices))
                costs.append(client.chat("lab/llama-3", "Hi").cost)

    assert [cost and cost.usd for cost in costs] == [Decimal("0.0000042"), 0, None]


def test_a_price_that_is_none_is_refused_when_the_client_is_made() -> None:
    with pytest.raises(ConfigError, match=r'^providers\.lab\.prices\."a"\.input: must be dollars'):
        Client(lab("http://127.0.0.1:9", {"a": {"input": -1}}))


def test_a_price_for_a_provider_that_is_not_there_is_refused() -> None:
    settings = Settings(providers={"opennai": ProviderSettings(prices=LLAMA)})
    with pytest.raises(
        ConfigError, match=r"^\[providers\.opennai\] is no built-in .* did you mean openai"
    ):
        Client(settings)
