"""Which limits and which breaker a target has, and settings that contradict each other."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead.errors import ConfigError, UnknownProvider
from fairlead.providers.registry import Registry
from fairlead.settings import Settings
from fairlead.target_rules import SettingsRules


def rules(text: str, tmp_path: Any) -> SettingsRules:
    path = tmp_path / "fairlead.toml"
    path.write_text(text)
    settings = Settings.load(path=path, environ={})
    return SettingsRules(settings, Registry(settings, environ={}))


GENERAL = """
[rate_limits]
requests_per_minute = 600
burst = 7
concurrency = 50

[providers.openai.rate_limits]
requests_per_second = 5
per = "model"

[targets."openai/gpt-5".rate_limits]
strict = true
concurrency = 2

[breaker]
failures = 9
[providers.groq.breaker]
open = 10
[targets."groq/llama".breaker]
enabled = false
"""


def test_a_targets_values_stand_above_its_providers_and_those_above_the_general_ones(
    tmp_path,
) -> None:
    subject = rules(GENERAL, tmp_path)

    general = subject.rate_limits("mistral/large")
    provider = subject.rate_limits("openai/gpt-5-mini")
    target = subject.rate_limits("openai/gpt-5")

    assert (general.requests_per_minute, general.burst, general.concurrency) == (600, 7, 50)
    # Another rate takes the place of the one below, and of the burst that was meant for it.
    assert (provider.requests_per_minute, provider.requests_per_second) == (None, 5)
    assert (provider.burst, provider.concurrency) == (None, 50)
    assert (target.requests_per_second, target.strict, target.concurrency) == (5, True, 2)


def test_breakers_are_merged_in_the_same_way(tmp_path) -> None:
    subject = rules(GENERAL, tmp_path)

    assert subject.breaker("openai/gpt-5").failures == 9
    assert (subject.breaker("groq/x").open, subject.breaker("groq/x").failures) == (10, 9)
    assert not subject.breaker("groq/llama").enabled


def test_an_alias_names_the_same_provider(tmp_path) -> None:
    subject = rules('[targets."claude/opus".rate_limits]\nconcurrency = 3\n', tmp_path)
    assert subject.rate_limits("anthropic/opus").concurrency == 3


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[rate_limits]\nrequests_per_second = 1\nrequests_per_minute = 5", "not both"),
        ("[providers.openai.rate_limits]\nburst = 5", r"\[providers\.openai\] rate_limits: burst"),
        (
            '[targets."openai/x".rate_limits]\nstrict = true',
            r'\[targets\."openai/x"\] rate_limits: strict',
        ),
        ('[targets."openai/x".breaker]\nopen = 900', r'\[targets\."openai/x"\] breaker: open_most'),
        ('[targets."openai/x".rate_limits]\nconcurrency = 1\nper = "key"', "cannot differ"),
        ("[rate_limits]\nrequest_per_minute = 5", "did you mean requests_per_minute"),
        ("[rate_limits]\nconcurrency = 0", "rate_limits.concurrency: must be above 0"),
        ("[rate_limits]\nconcurrency = 1.5", "rate_limits.concurrency"),
        ('[rate_limits]\nper = "galaxy"\nconcurrency = 1', "rate_limits.per"),
        ("[targets.openai.breaker]\nopen = 5", "write a target as provider/model"),
        ('[targets."openai/x"]\nbraker = {}', "did you mean breaker"),
        ("targets = 5", "must be tables"),
        ("[breaker]\nfailure_percent = 200", "at most 100"),
    ],
)
def test_settings_that_contradict_themselves_are_refused_with_their_place(
    text, words, tmp_path
) -> None:
    with pytest.raises(ConfigError, match=words):
        rules(text, tmp_path)


def test_a_target_of_nobodys_is_refused_with_the_nearest_name(tmp_path) -> None:
    with pytest.raises(UnknownProvider, match="anthropic"):
        rules('[targets."antropic/x".breaker]\nopen = 5', tmp_path)


def test_what_nobody_asked_for_is_left_out(tmp_path) -> None:
    guards = rules("[breaker]\nenabled = false", tmp_path).guards(random=lambda: 0.5)
    assert (guards.breakers, guards.gates) == (None, None)
    guards = rules(
        '[breaker]\nenabled = false\n[targets."groq/x"]\nrate_limits = { concurrency = 1 }\n'
        "breaker = { enabled = true }",
        tmp_path,
    ).guards(random=lambda: 0.5)
    assert guards.breakers is not None
    assert guards.gates is not None
    assert guards.gates.of("groq/x", "K") is not None
    assert guards.gates.of("groq/y", "K") is None


def test_the_environment_may_set_them(tmp_path) -> None:
    environ = {"FAIRLEAD_RATE_LIMITS_CONCURRENCY": "4", "FAIRLEAD_BREAKER_ENABLED": "false"}
    settings = Settings.load(environ=environ, cwd=tmp_path)
    assert settings.rate_limits.concurrency == 4
    assert not settings.breaker.enabled


@pytest.mark.parametrize(
    ("per", "same_model", "same_key", "same_provider"),
    [("model", False, False, False), ("key", True, False, False), ("provider", True, True, True)],
)
def test_numbers_count_for_each_model_and_key_or_for_all_together(
    per, same_model, same_key, same_provider, tmp_path
) -> None:
    text = f'[providers.openai.rate_limits]\nconcurrency = 1\nper = "{per}"'
    gates = rules(text, tmp_path).guards(random=lambda: 0.5).gates
    subject = gates.of("openai/a", "ONE").gate

    assert gates.of("openai/a", "ONE").gate is subject
    assert (gates.of("openai/b", "ONE").gate is subject) == same_model
    assert (gates.of("openai/a", "TWO").gate is subject) == same_key
    assert (gates.of("openai/b", "TWO").gate is subject) == same_provider


def test_the_names_of_headers_come_from_the_providers_table(tmp_path) -> None:
    subject = rules("", tmp_path)
    found = subject.limit_names("openai/gpt-5")
    assert found.requests.remaining == "x-ratelimit-remaining-requests"
    assert found.tokens.reset == "x-ratelimit-reset-tokens"
    assert subject.limit_names("http://127.0.0.1:9").requests is None
