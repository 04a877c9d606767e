"""Schemas that providers held their models to, or refused: ours go by the same rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from tests.conformance import corpus

from fairlead.schemas.adapt import adapt
from fairlead.schemas.subsets import SubsetName

RECORDED: dict[str, tuple[SubsetName, str]] = {
    "openai_chat": ("openai", "api.openai.com"),
    "openai_responses": ("openai", "api.openai.com"),
    "anthropic_messages": ("anthropic", ""),
    "bedrock_converse": ("anthropic", ""),
}
FEWEST = 20
FOR_ITS_WORDS = ("Invalid schema for", "is not supported")


def asked(name: str) -> Iterator[tuple[corpus.Record, dict[str, Any]]]:
    """Each strict schema of the recordings, with the exchange it was sent in."""
    if not corpus.path(name).exists():
        pytest.skip(f"no recordings at {corpus.CORPUS}; set FAIRLEAD_CORPUS")
    host = RECORDED[name][1]
    for record in corpus.records(name):
        if host in (record.url or ""):
            yield from ((record, schema) for schema in strict_schemas(record.asked))


def strict_schemas(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Wherever a protocol puts one: beside `strict`, or where there is no choice."""
    for tool in (body.get("tools") or []) + (body.get("toolConfig") or {}).get("tools", []):
        told = tool.get("function") or tool.get("toolSpec") or tool
        schema = told.get("parameters") or told.get("input_schema") or told.get("inputSchema")
        if told.get("strict") and isinstance(schema, dict):
            yield schema.get("json", schema)
    form = (body.get("text") or {}).get("format") or {}
    asked = (body.get("response_format") or {}).get("json_schema") or {}
    yield from (one["schema"] for one in (form, asked) if one.get("strict") and one.get("schema"))
    output = (body.get("output_config") or {}).get("format") or {}
    if output.get("schema"):
        yield output["schema"]
    structure = (body.get("outputConfig") or {}).get("textFormat", {}).get("structure", {})
    if text := structure.get("jsonSchema", {}).get("schema"):
        yield msgspec.json.decode(text)


@pytest.mark.parametrize("name", RECORDED)
def test_what_a_provider_took_loses_nothing(name: str) -> None:
    taken = [schema for record, schema in asked(name) if record.status == 200]
    adapted = [adapt(schema, RECORDED[name][0]) for schema in taken]
    lost = [str(c) for one in adapted for c in one.changes if c.lost]
    told = [one for one in adapted if one.changes]

    assert len(taken) >= FEWEST
    assert lost == []
    assert len(told) <= len(taken) / FEWEST


@pytest.mark.parametrize("name", ["openai_chat", "openai_responses", "anthropic_messages"])
def test_what_a_provider_refused_for_its_words_goes_out_otherwise(name: str) -> None:
    refused = [
        schema
        for record, schema in asked(name)
        if record.status == 400 and any(said in record.body.decode() for said in FOR_ITS_WORDS)
    ]

    assert refused
    assert [s for s in refused if adapt(s, RECORDED[name][0]).schema == s] == []
