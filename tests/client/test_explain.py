"""What a client says of a call that it does not make."""

from __future__ import annotations

import pytest

import fairlead
from fairlead import AsyncClient, Client, Explanation, Message, Settings, UnknownProvider, route
from fairlead.cli.nowhere import NowhereTransport

KEYS = {"openai": "sk-canary-1", "anthropic": "sk-canary-2"}


@pytest.fixture(params=[Client, AsyncClient])
def ai(request: pytest.FixtureRequest) -> Client:
    """Both explain at once; what they would send goes nowhere."""
    made: Client = request.param(Settings(), keys=KEYS, transport=NowhereTransport())
    return made


def outcomes(found: Explanation) -> dict[str, str]:
    return {one.field: one.outcome for one in found.fields}


def test_an_explanation_tells_target_address_and_body(ai: Client) -> None:
    found = ai.explain("openai/gpt-5", "Hi", max_tokens=9)

    assert (found.target, found.dialect, found.method) == ("openai/gpt-5", "openai_chat", "POST")
    assert found.url == "https://api.openai.com/v1/chat/completions"
    assert found.body == {
        "model": "gpt-5",
        "messages": [{"role": "user", "content": "Hi"}],
        "max_completion_tokens": 9,
    }
    assert outcomes(found)["max_tokens"] == "renamed"
    assert found.error is None


def test_no_credential_is_shown(ai: Client) -> None:
    found = ai.explain("openai/gpt-5", "Hi", extra_headers={"X-Secret-Token": "hush", "X-A": "1"})

    assert "canary" not in repr(found)
    assert "hush" not in repr(found)
    assert dict(found.headers)["authorization"].startswith("Bearer ***")
    assert ("X-A", "1") in found.headers
    assert outcomes(found)["extra_headers.X-A"] == "sent"


def test_what_a_call_would_raise_is_a_row_and_an_error(ai: Client) -> None:
    found = ai.explain("openai/gpt-5", "Hi", top_k=3)

    assert [one.field for one in found.lost] == ["top_k"]
    assert found.error == "openai/gpt-5 does not support top_k; leave it out"
    assert found.warnings == ()


def test_with_warnings_nothing_is_raised(ai: Client) -> None:
    found = ai.explain("openai/gpt-5", "Hi", top_k=3, unsupported="warn")

    assert found.error is None
    assert len(found.warnings) == 1
    assert ai.explain("openai/gpt-5", "Hi", top_k=3, unsupported="drop").warnings == ()


def test_a_value_that_the_model_is_known_to_refuse_is_told(ai: Client) -> None:
    found = ai.explain("anthropic/claude-sonnet-4-5", "Hi", max_tokens=10**9)

    assert found.fields[0].field == "max_tokens"
    assert found.fields[0].note.startswith("refused: ")
    assert found.error is not None


def test_a_route_is_explained_for_each_of_its_targets(ai: Client) -> None:
    way = route("openai/gpt-5", "anthropic/claude-sonnet-4-5", "nowhere/m")
    found = ai.explain(way, [Message.system("Be brief"), Message.user("Hi")])

    assert [one.dialect for one in (found, *found.others)] == [
        "openai_chat",
        "anthropic_messages",
        "",
    ]
    assert found.others[0].body is not None
    assert "nowhere" in (found.others[1].error or "")


def test_a_stream_is_explained_as_one(ai: Client) -> None:
    assert ai.explain("openai/gpt-5", "Hi", stream=True).body["stream"] is True  # type: ignore[index]


def test_recommended_settings_are_defaults(ai: Client) -> None:
    found = ai.explain("deepinfra/Qwen/Qwen3-32B", "Hi", defaults="recommended", top_p=0.5)
    told = outcomes(found)

    assert told["top_p"] == "sent"
    assert told["temperature"] == "defaulted"


def test_a_name_that_leads_nowhere_is_an_error(ai: Client) -> None:
    with pytest.raises(UnknownProvider):
        ai.explain("nowhere/m", "Hi")
    with pytest.raises(fairlead.InvalidRequest):
        ai.explain(3, "Hi")  # type: ignore[arg-type]


def test_tools_in_the_prompt_are_emulated(ai: Client) -> None:
    tools = [fairlead.Tool("add"), fairlead.Tool("now")]
    found = ai.explain("openai/gpt-5", "Hi", tools=tools, emulate_tools=True)

    assert [outcomes(found)[f"tools[{n}]"] for n in (0, 1)] == ["emulated", "emulated"]
    assert all("described in the prompt" in one.note for one in found.fields[1:3])


def test_a_schema_that_is_asked_for_by_the_prompt_is_emulated(ai: Client) -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}}
    found = ai.explain("openai/gpt-5", "Hi", output=schema, output_mode="prompt")

    assert outcomes(found)["output"] == "emulated"
