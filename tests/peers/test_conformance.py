"""Scorecards of llama.cpp's server and of LiteLLM's proxy, against those in docs/conformance.md."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from scripts.peers import LITELLM
from tests.conforming.page import PAGE, document, kept, verdicts_of
from tests.peers.proxy import KEY

import fairlead
from fairlead import LocalModelError, Scorecard, Settings
from fairlead.local.server import shared_server

LLAMA, PROXY = "llama.cpp's server, with SmolLM2", "LiteLLM's proxy, before that server"
NOTES = {
    LLAMA: "Its template has no place for tools; the server leaves them out without a word.",
    PROXY: f"LiteLLM {LITELLM}, without a database. What the model cannot do, it cannot do here.",
}
DIALECTS = ("openai_chat", "openai_responses", "anthropic_messages")
UNSTEADY = {
    ("agreement", "text"),
    ("agreement", "finish"),
    ("limits", "length"),
    ("limits", "stop"),
    ("limits", "seed"),
    ("text", "echo"),
    ("schema", "whole"),
    ("schema", "streamed"),
    ("cancelling", "next request"),
}
"""Checks that rest on what a small model happens to say, or on time."""

every_dialect = pytest.mark.parametrize("dialect", DIALECTS)


@pytest.fixture(scope="module")
def cards() -> Iterator[dict[str, dict[str, Scorecard]]]:
    """Takes the scorecards; with FAIRLEAD_WRITE_DOCS=1 they become the page, if all are there."""
    found: dict[str, dict[str, Scorecard]] = {LLAMA: {}, PROXY: {}}
    yield found
    complete = all(len(by_dialect) == len(DIALECTS) for by_dialect in found.values())
    if os.environ.get("FAIRLEAD_WRITE_DOCS") == "1" and complete:
        PAGE.write_text(document(NOTES, found), encoding="utf-8")


def _compared(title: str, card: Scorecard) -> None:
    """The verdicts are those of the page, but for what a model may say otherwise."""
    if os.environ.get("FAIRLEAD_WRITE_DOCS") == "1":
        return
    known = kept(title, PAGE.read_text(encoding="utf-8"))[card.dialect]
    now = verdicts_of(card)
    assert set(now) == set(known)
    changed = {at: (known[at], verdict) for at, verdict in now.items() if verdict != known[at]}
    assert {at: pair for at, pair in changed.items() if at not in UNSTEADY} == {}, [
        item for item in card.outcomes if (item.area, item.name) in changed
    ]


@every_dialect
def test_the_local_server_fares_as_the_page_says(dialect: str, cards) -> None:
    try:
        server = shared_server().start()
    except LocalModelError as error:
        pytest.skip(f"the local model cannot run: {error}")
    base = server.base_url if dialect == "anthropic_messages" else f"{server.base_url}/v1"
    card = fairlead.conform(
        base, dialect=dialect, model="smollm2", key=server.key, settings=Settings()
    )

    assert server.key not in repr(card)
    cards[LLAMA][dialect] = card
    _compared(LLAMA, card)


@every_dialect
def test_the_proxy_fares_as_the_page_says(dialect: str, cards, litellm: str) -> None:
    base = litellm if dialect == "anthropic_messages" else f"{litellm}/v1"
    card = fairlead.conform(base, dialect=dialect, model="smollm2", key=KEY, settings=Settings())

    assert KEY not in repr(card)
    cards[PROXY][dialect] = card
    _compared(PROXY, card)
