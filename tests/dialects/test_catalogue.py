"""Lists of models, in every shape that providers have for them."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from fairlead.dialects.catalogue import models_of
from fairlead.types.plain import ModelInfo

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["data", "models", "result", "id", "name", "capabilities", "limits", "properties"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("body", "model"),
    [
        (
            {"object": "list", "data": [{"id": "gpt-5", "owned_by": "openai"}]},
            ModelInfo("gpt-5", None, "openai"),
        ),
        ([{"id": "a/b", "display_name": "B", "context_length": 8}], ModelInfo("a/b", "B", None, 8)),
        (
            {
                "models": [
                    {"name": "models/gemini-x", "displayName": "Gemini X", "inputTokenLimit": 9}
                ],
                "nextPageToken": "t",
            },
            ModelInfo("gemini-x", "Gemini X", None, 9),
        ),
        ({"models": [{"name": "tunedModels/mine"}]}, ModelInfo("tunedModels/mine")),
        (
            {"models": [{"name": "command-a", "endpoints": ["chat"], "context_length": 256000}]},
            ModelInfo("command-a", None, None, 256000),
        ),
        (
            {"models": [{"name": "qwen3:8b", "model": "qwen3:8b", "size": 1}]},
            ModelInfo("qwen3:8b"),
        ),
        (
            {
                "modelSummaries": [
                    {"modelId": "amazon.x-v1:0", "modelName": "X", "providerName": "Amazon"}
                ]
            },
            ModelInfo("amazon.x-v1:0", "X", "Amazon"),
        ),
        (
            {
                "success": True,
                "result": [
                    {
                        "id": "0a1b-2c3d",
                        "name": "@cf/meta/llama",
                        "properties": [
                            {"property_id": "beta", "value": "true"},
                            {"property_id": "context_window", "value": "32000"},
                        ],
                    }
                ],
            },
            ModelInfo("@cf/meta/llama", None, None, 32000),
        ),
        (
            {"publisherModels": [{"name": "publishers/google/models/gemini-x"}]},
            ModelInfo("gemini-x"),
        ),
        (
            {
                "data": [
                    {
                        "id": "claude-x",
                        "name": "Claude X",
                        "vendor": "Anthropic",
                        "capabilities": {"limits": {"max_context_window_tokens": 7}},
                    }
                ]
            },
            ModelInfo("claude-x", "Claude X", "Anthropic", 7),
        ),
        ({"data": ["plain"]}, ModelInfo("plain")),
    ],
)
def test_a_model_is_read(body: object, model: ModelInfo) -> None:
    assert models_of(body) == (model,)


@pytest.mark.parametrize("body", [None, {}, {"data": None}, {"id": "x"}, "x", [1, {"x": 1}], True])
def test_what_is_no_list_of_models_gives_none(body: object) -> None:
    assert models_of(body) == ()


@given(JSON)
def test_anything_gives_models_or_none(body: object) -> None:
    for model in models_of(body):
        assert isinstance(model.id, str)
        assert model.context_window is None or isinstance(model.context_window, int)
