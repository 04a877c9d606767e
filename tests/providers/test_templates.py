"""Words in braces: whatever a model is called, its name stays in its place."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given, strategies as st

from fairlead.errors import InvalidRequest
from fairlead.providers.templates import filled, model_word, value_fits, words_of

HOST = "https://host.example"


@pytest.mark.parametrize(
    ("word", "model", "text"),
    [
        ("model", "anthropic.claude-3-5-v2:0", "anthropic.claude-3-5-v2%3A0"),
        ("model", "claude-opus-4-1@20250805", "claude-opus-4-1@20250805"),
        (
            "model",
            "arn:aws:bedrock:eu-west-1:1:inference-profile/x",
            "arn%3Aaws%3Abedrock%3Aeu-west-1%3A1%3Ainference-profile%2Fx",
        ),
        ("model", "a b?c#d%2f", "a%20b%3Fc%23d%252f"),
        ("model_path", "@cf/baai/bge-reranker-base", "@cf/baai/bge-reranker-base"),
        ("model_path", "tunedModels/x?y", "tunedModels/x%3Fy"),
        ("model_underscored", "nvidia/llama-3.2-rerank", "nvidia/llama-3_2-rerank"),
    ],
)
def test_a_model_is_written_for_a_path(word: str, model: str, text: str) -> None:
    assert model_word(word, model) == text


def test_other_words_are_not_about_the_model() -> None:
    assert model_word("region", "m") is None


@pytest.mark.parametrize("model", ["", "a//b", "a/../b", ".", "a/."])
def test_a_name_that_would_lead_elsewhere_is_refused(model: str) -> None:
    with pytest.raises(InvalidRequest, match="correct it"):
        model_word("model_path", model)


@given(st.text(st.characters(codec="utf-8"), max_size=80))
def test_any_name_stays_in_its_segment(model: str) -> None:
    try:
        url = filled(f"{HOST}/a/{{model}}/z", lambda word: model_word(word, model) or "")
    except InvalidRequest:
        assert model in ("", ".", "..")
        return
    parts = urlsplit(url)
    assert (parts.scheme, parts.netloc, parts.query, parts.fragment) == (
        "https",
        "host.example",
        "",
        "",
    )
    assert [unquote(segment) for segment in parts.path.split("/")] == ["", "a", model, "z"]
    assert url.isascii()


@given(st.text(st.characters(codec="utf-8"), max_size=80))
def test_any_name_with_slashes_stays_below_its_place(model: str) -> None:
    try:
        url = filled(f"{HOST}/a/{{model_path}}:x", lambda word: model_word(word, model) or "")
    except InvalidRequest:
        assert {"", ".", ".."} & set(model.split("/"))
        return
    parts = urlsplit(url)
    assert (parts.netloc, parts.query, parts.fragment) == ("host.example", "", "")
    assert unquote(parts.path) == f"/a/{model}:x"


@given(st.text(max_size=200))
def test_a_value_that_fits_cannot_leave_its_place(value: str) -> None:
    if value_fits(value):
        parts = urlsplit(f"https://a-{value}.host.example/b/{value}/c")
        assert parts.hostname == f"a-{value.lower()}.host.example"
        assert parts.path == f"/b/{value}/c"
        assert ".." not in value


@pytest.mark.parametrize("value", ["eu-west-1", "2024-10-21", "my_project.x", "a"])
def test_values_in_use_fit(value: str) -> None:
    assert value_fits(value)


@pytest.mark.parametrize(
    "value", ["", "a/b", "a.", "-a", "a..b", "a b", "é", "a\n", "a@b", "a:1", "x" * 129]
)
def test_values_that_could_lead_elsewhere_do_not_fit(value: str) -> None:
    assert not value_fits(value)


def test_words_are_found_in_order() -> None:
    assert words_of("https://{a}.{b}/{model}") == ["a", "b", "model"]
