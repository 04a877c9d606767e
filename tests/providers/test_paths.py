"""Every dialect has a path, and what a route says stands above it."""

from __future__ import annotations

import pytest

from fairlead.dialects.registry import CHAT_DIALECTS, COMPLETION_DIALECTS, OPERATION_DIALECTS
from fairlead.providers.paths import DEFAULT_PATHS, DEFAULT_STREAM_PATHS, headers_of, paths_of
from fairlead.providers.schema import Route
from fairlead.types.targets import Quirks


def test_every_dialect_of_every_operation_has_a_path() -> None:
    spoken = {"chat": CHAT_DIALECTS, "completion": COMPLETION_DIALECTS, **OPERATION_DIALECTS}
    assert {name: set(paths) for name, paths in DEFAULT_PATHS.items()} == {
        name: set(dialects) for name, dialects in spoken.items()
    }
    assert set(DEFAULT_STREAM_PATHS) <= set(CHAT_DIALECTS)


@pytest.mark.parametrize(
    ("route", "operation", "paths"),
    [
        (Route(dialect="openai_chat"), "chat", ("/chat/completions", None)),
        (
            Route(dialect="bedrock_converse"),
            "chat",
            ("/model/{model}/converse", "/model/{model}/converse-stream"),
        ),
        (Route(dialect="gemini", path="/x"), "chat", ("/x", None)),
        (Route(dialect="gemini", path="/x", stream_path="/y"), "chat", ("/x", "/y")),
        (Route(dialect="gemini"), "count_tokens", ("/models/{model}:countTokens", None)),
        (Route(dialect="llamacpp_infill"), "infill", ("/infill", None)),
    ],
)
def test_a_route_has_its_own_path_or_that_of_its_dialect(
    route: Route, operation: str, paths: tuple[str, str | None]
) -> None:
    assert paths_of(route, operation) == paths


def test_a_version_is_sent_where_the_body_has_none() -> None:
    version = {"anthropic-version": "2023-06-01"}
    assert headers_of(Route(dialect="anthropic_messages")) == version
    assert headers_of(Route(dialect="anthropic", headers={"x": "y"})) == {**version, "x": "y"}
    hosted = Route(dialect="anthropic_messages", quirks=Quirks(anthropic_host="vertex"))
    assert headers_of(hosted) == {}
