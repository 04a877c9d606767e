"""Every recorded list of models is read; what is no list gives none, and errors are classified.

`models.jsonl.gz` holds descriptions of single models and other objects too.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.conformance import corpus
from tests.conformance.corpus import Record
from tests.conformance.table import Tally

from fairlead.dialects.catalogue import models_of
from fairlead.engine.codecs import PlainCodec
from fairlead.errors import ApiError, AuthenticationError, BadRequestError, NotFoundError
from fairlead.ports import Limits
from fairlead.providers.model_names import check_model
from fairlead.types.http import Headers

Ids = Callable[[dict[str, Any]], list[str]]


def bare(name: str) -> str:
    return name.removeprefix("models/")


LISTS: dict[str, Ids] = {
    "anthropic": lambda body: [item["id"] for item in body["data"]],
    "bedrock": lambda body: [item["modelId"] for item in body["modelSummaries"]],
    "google": lambda body: [bare(item["name"]) for item in body["models"]],
}
"""An independent reading of a list's ids; of the providers not named, as OpenAI has them."""
NO_LISTS = (
    "/models/curie",
    "/models/gpt-4",
    "/models/gpt-4o-mini",
    "/models/command-r",
    "/models/command-a-03-2025",
    "/inference-profiles/",
    "/operations/",
    "/props",
    "/api/show",
    "api.replicate.com/",
    "api.deepgram.com/",
)
"""Addresses of one model, of settings, and of services that are not spoken to."""
ERRORS = {
    "7061ecf7f475cf0a": AuthenticationError,
    "ed5d374c4514d4e3": AuthenticationError,
    "ef5160a63ff2a14c": AuthenticationError,
    "39a7e51ca35465ed": BadRequestError,
    "41d2c59685de6c79": NotFoundError,
}
CUT = {"bb11ccf2683c8340"}


def recorded() -> tuple[Record, ...]:
    if not corpus.path("models").exists():
        pytest.skip(f"no recordings at {corpus.CORPUS}; set FAIRLEAD_CORPUS")
    return corpus.records("models")


def is_list(record: Record) -> bool:
    address = record.url or ""
    return record.status == 200 and not any(part in address for part in NO_LISTS)


def test_every_list_is_read_in_its_order(tally: Tally) -> None:
    lists = 0
    for record in recorded():
        if not is_list(record) or record.id in CUT:
            continue
        body = json.loads(record.body)
        expected = LISTS.get(record.provider, lambda body: [item["id"] for item in body["data"]])
        found = models_of(body)
        assert [model.id for model in found] == expected(body), record.id
        assert found, record.id
        for model in found:
            check_model(f"provider/{model.id}")
            assert model.name != model.id
        tally.count("model lists", "bodies")
        lists += 1
    assert lists == 17


def test_windows_and_titles_are_read_where_they_are_told() -> None:
    found = {
        record.provider: models_of(json.loads(record.body))
        for record in recorded()
        if is_list(record) and record.id not in CUT
    }
    for provider in ("anthropic", "google", "mistral", "venice"):
        assert all(model.context_window for model in found[provider]), provider
    chat = [model for model in found["github_copilot"] if model.context_window]
    assert len(chat) > 20
    for provider in ("anthropic", "bedrock", "github_copilot", "google"):
        assert all(model.name for model in found[provider]), provider
    assert {model.owned_by for model in found["bedrock"]} >= {"Anthropic", "Amazon", "NVIDIA"}


def test_what_is_no_list_gives_none() -> None:
    others = [record for record in recorded() if record.status < 300 and not is_list(record)]
    for record in others:
        assert models_of(json.loads(record.body)) == (), record.id
    assert len(others) == 22


def test_errors_are_classified(tally: Tally) -> None:
    codec = PlainCodec(
        "GET", "https://p.example/models", None, target="p", stream=False, limits=Limits()
    )
    found: dict[str, type[ApiError]] = {}
    for record in recorded():
        if record.status >= 400:
            error = codec.decode_error(record.status, Headers(record.headers), record.body)
            found[record.id] = type(error)
            tally.count("model lists", "errors")
    assert found == ERRORS


def test_every_recording_is_accounted_for() -> None:
    lists, others = 17, 22
    assert len(recorded()) == lists + len(CUT) + others + len(ERRORS)
