"""An option that is called otherwise elsewhere is refused with its name here."""

from __future__ import annotations

import pytest

from fairlead import Client, InvalidRequest, Settings
from fairlead.inputs import ChatOptions
from fairlead.unknown_options import unknown_option


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("temprature", "did you mean 'temperature'?"),
        ("stream", "call stream(...)"),
        ("response_format", "use output=, or call extract(...)"),
        ("timeout", "use deadline=, seconds for the whole call"),
        ("betas", "use options=fairlead.AnthropicOptions(betas=...)"),
        ("wholly_unheard_of", "a field of the provider's own goes into extra_body="),
    ],
)
def test_an_unknown_option_is_refused_with_what_to_do_instead(name, advice) -> None:
    error = unknown_option(name, ChatOptions.__annotations__)

    assert str(error) == f"there is no option {name!r}; {advice}"


def test_an_option_of_several_protocols_is_told_for_each() -> None:
    said = str(unknown_option("thinking", ()))

    assert "AnthropicOptions(thinking=...)" in said
    assert "OpenAIChatOptions(thinking=...)" in said


@pytest.mark.parametrize("method", ["chat", "run", "extract"])
def test_every_way_to_ask_gives_the_advice(method) -> None:
    arguments = ("local/smollm2", "hi", *([int] if method == "extract" else []))

    with Client(Settings()) as client, pytest.raises(InvalidRequest, match="use deadline="):
        getattr(client, method)(*arguments, timeout=3)
