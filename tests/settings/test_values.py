"""What the settings say to the parts that use them."""

from __future__ import annotations

import pytest

import fairlead.settings
from fairlead.errors import ConfigError
from fairlead.ports import Timeouts
from fairlead.settings import ProviderSettings, Settings, values
from fairlead.types.http import HttpSettings


def test_the_timeouts_of_a_provider_stand_above_the_general_ones() -> None:
    own = ProviderSettings(timeouts={"idle": 5.0})
    settings = Settings(timeouts=Timeouts(connect=1), providers={"groq": own})
    assert settings.timeouts_for("groq") == Timeouts(connect=1, idle=5)
    assert settings.timeouts_for("openai") == Timeouts(connect=1)


def test_the_transport_lets_plain_http_through_where_any_provider_may_use_it() -> None:
    closed = ProviderSettings(base_url="https://llm.example")
    open_one = ProviderSettings(base_url="http://gpu.lan:8000/v1", allow_insecure_http=True)
    assert Settings(providers={"a": closed}).transport_http() == HttpSettings()
    settings = Settings(providers={"a": closed, "b": open_one})
    assert settings.transport_http() == HttpSettings(allow_insecure_http=True)
    assert not settings.http.allow_insecure_http


def test_any_source_of_a_key_counts_as_one() -> None:
    assert not ProviderSettings(base_url="https://llm.example").has_key
    assert ProviderSettings(key_env=("A",)).has_key
    assert ProviderSettings(key_file="~/key").has_key


def test_headers_of_a_provider_are_not_shown() -> None:
    own = ProviderSettings(base_url="https://llm.example", headers={"X-Team": "canary"})
    assert "canary" not in repr(Settings(providers={"a": own}))
    assert "X-Team" in repr(own)


def test_a_key_that_is_plain_text_hides_itself_too() -> None:
    own = ProviderSettings(key="sk-canary")  # type: ignore[arg-type]
    assert "canary" not in repr(own)
    assert own.key is not None
    assert own.key.reveal() == "sk-canary"
    with pytest.raises(ConfigError, match="line break"):
        ProviderSettings(key="sk-canary\n")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"providers": {"lab": {"base_url": "http://127.0.0.1/v1"}}}, "providers['lab']"),
        ({"budgets": {"team-a": {"usd": 5}}}, "budgets['team-a']"),
        ({"timeouts": {"connect": 1}}, "timeouts"),
    ],
)
def test_a_table_that_is_a_dictionary_is_an_error_that_names_it_and_who_takes_it(
    given, place
) -> None:
    with pytest.raises(ConfigError) as caught:
        Settings(**given)
    assert str(caught.value).startswith(f"{place} must be a ")
    assert "Settings.load(...) takes dictionaries" in str(caught.value)


def test_every_table_of_the_settings_is_checked_and_its_class_can_be_imported() -> None:
    tables = {**values.TABLES, **values._NAMED_TABLES}
    plain = {"model", "unsupported", "aliases", "warnings", "project_addresses"}
    assert set(Settings.__struct_fields__) - plain == set(tables)
    assert {kind.__name__ for kind in tables.values()} <= set(vars(fairlead.settings))
