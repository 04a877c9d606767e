"""Whose seals a message holds: told by its own state, for its own protocol."""

from __future__ import annotations

import pytest

from fairlead.dialects.origin import giver_of, host_of
from fairlead.types.messages import Message, ProviderState
from fairlead.types.targets import Target


@pytest.mark.parametrize(
    ("state", "giver"),
    [
        (None, None),
        (ProviderState("gemini", '{"service":"a.example"}'), None),
        (ProviderState("openai_responses", '{"service":"a.example"}'), "a.example"),
        (ProviderState("openai_responses", '{"service":1}'), None),
        (ProviderState("openai_responses", "{}"), None),
        (ProviderState("openai_responses", "no JSON"), None),
    ],
)
def test_a_message_names_the_service_that_gave_it(
    state: ProviderState | None, giver: str | None
) -> None:
    message = Message("assistant", (), provider_state=state)
    assert giver_of(message, "openai_responses") == giver


def test_a_service_is_the_host_that_answers() -> None:
    one = Target("azure", "m", "chat", "openai_responses", "https://One.azure.example:8443/x")
    assert host_of(one) == "one.azure.example"
    assert host_of(Target("p", "m", "chat", "openai_responses", "")) == "p"
