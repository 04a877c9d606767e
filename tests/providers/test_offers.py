from __future__ import annotations

import pytest

from fairlead.errors import UnsupportedFeature
from fairlead.providers.offers import offering
from fairlead.providers.registry import Registry
from fairlead.settings import Settings


def test_every_provider_that_is_named_has_the_operation() -> None:
    registry = Registry(Settings(), environ={})
    for operation in ("embeddings", "rerank", "transcription", "speech", "image", "count_tokens"):
        for name in offering(operation):
            assert operation in registry.get(name).operations


def test_a_service_that_was_shut_down_offers_nothing() -> None:
    assert "ai21" not in offering("chat")


def test_who_lacks_an_operation_says_who_has_it() -> None:
    with pytest.raises(UnsupportedFeature) as caught:
        Registry(Settings(), environ={}).resolve("anthropic/m", operation="rerank")
    text = str(caught.value)
    assert text.startswith("anthropic does not support rerank; it offers chat, ")
    assert text.endswith(f"rerank is offered by {', '.join(offering('rerank'))}")
