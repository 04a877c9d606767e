"""The tables agree with the fact sheet, except where a difference is written down here."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import asdict

from fairlead.dialects.openai_chat.options import OpenAIChatOptions
from fairlead.dialects.openai_responses.options import OpenAIResponsesOptions
from fairlead.dialects.registry import CHAT_DIALECTS
from fairlead.providers.index import NAMES
from fairlead.providers.key_sources import variables_of
from fairlead.providers.model_names import folded
from fairlead.providers.schema import ProviderTable, table_of
from fairlead.types.requests import ChatRequest
from fairlead.types.targets import Quirks

ROOT = Path(__file__).parents[2]
CORPUS = Path(os.environ.get("FAIRLEAD_CORPUS") or ROOT.parent / "shared" / "corpus")
SHEET = CORPUS.parent / "facts" / "providers.toml"

# At Alibaba Cloud the route is not documented in the sheet; xAI's is deprecated; Cohere's is on
# another host, by hearsay; vLLM's is about embeddings and reranking alone.
ALTERNATES_LEFT_OUT = {
    ("xai", "anthropic_messages"),
    ("qianwen", "openai_responses"),
    ("cohere", "openai_chat"),
    ("vllm", "cohere"),
}
# For some models of Vertex, these stand in a variant of their own. Bedrock's protocol of OpenAI is
# at a path of the same host, as Amazon documents it, and not on the host that the sheet names.
ELSEWHERE = {("vertexai", "anthropic_messages"), ("bedrock", "openai_chat/openai_responses")}
NAMES_HERE = {"cohere_v2": "cohere"}
# The kinds of credentials that are more than a key in a header.
SCHEMES = {"sigv4": "aws", "oauth2_google": "google", "oauth_device_then_exchange": "copilot"}
WITHOUT_CHAT = {"jina", "voyageai"}


def sheet() -> dict[str, dict[str, Any]]:
    if not SHEET.is_file():
        pytest.skip(f"no fact sheet at {SHEET}; set FAIRLEAD_CORPUS to the folder beside it")
    providers: dict[str, dict[str, Any]] = tomllib.loads(SHEET.read_text())["provider"]
    return providers


def first_word(text: str) -> str:
    return text.split()[0]


def dialect_of(table: ProviderTable) -> str | None:
    routes = table.routes("chat")
    return routes[0].dialect if routes else None


def dialect_named(text: str) -> str:
    name = first_word(text)
    return NAMES_HERE.get(name, name)


def variable_named(text: str) -> str | None:
    """The environment variable that an entry of the sheet begins with; None for another place."""
    found = re.match(r"[A-Z][A-Z0-9_]{4,}", text)
    return found[0] if found else None


def shared() -> list[tuple[str, dict[str, Any], ProviderTable]]:
    return [(name, facts, table_of(name)) for name, facts in sheet().items() if name in NAMES]


def active() -> list[tuple[str, dict[str, Any], ProviderTable]]:
    return [entry for entry in shared() if entry[1]["status"] != "retired"]


def test_every_provider_of_the_sheet_is_here() -> None:
    assert set(sheet()) <= NAMES - {"local"}


def test_retired_in_the_sheet_is_retired_here() -> None:
    for name, facts, table in shared():
        assert (facts["status"] == "retired") == (table.status == "retired"), name


def test_keys_come_from_the_variables_of_the_sheet_in_its_order() -> None:
    for name, facts, table in shared():
        named = [v for v in facts["credential_env"] if not v.startswith("file ")]
        variables = [found for v in named if (found := variable_named(v)) is not None]
        assert variables_of(table.auth) == variables, name
        files = [v.removeprefix("file ") for v in facts["credential_env"] if v.startswith("file ")]
        assert [table.auth.file] == (files or [None]), name


def test_addresses_are_those_of_the_sheet() -> None:
    for name, facts, table in shared():
        address = table.base_url
        for word, spec in table.variables.items():
            if spec.of is not None:
                address = address.replace(f"{{{word}}}", spec.default or "")
        assert address == facts["base_url"], name


def test_regional_hosts_are_those_of_the_sheet() -> None:
    facts = sheet()["vertexai"]["regional"]
    for location, address in facts.items():
        assert table_of("vertexai").variables["host"].values[location] in address


def test_variables_come_from_the_environment_as_the_sheet_says() -> None:
    for name, facts, table in active():
        extra = facts.get("extra_env", {})
        for word, spec in table.variables.items():
            if spec.of is None:
                assert ", ".join(spec.env) == extra[word], (name, word)


def test_addresses_come_from_the_variables_of_the_sheet_in_its_order() -> None:
    for name, facts, table in active():
        names = [entry if isinstance(entry, str) else entry.name for entry in table.base_url_env]
        assert names == [first_word(v) for v in facts["base_url_env"]], name


def test_a_variable_that_holds_a_host_root_gets_the_path_of_the_address() -> None:
    for name, facts, table in active():
        for variable, entry in zip(facts["base_url_env"], table.base_url_env, strict=True):
            if "host root" in variable:
                assert not isinstance(entry, str), name
                assert table.base_url.endswith(entry.path), name


def test_aliases_are_those_of_the_sheet() -> None:
    for name, facts, table in shared():
        assert {folded(a) for a in table.aliases} == {folded(a) for a in facts["aliases"]}, name


def test_default_and_alternate_dialects_are_those_of_the_sheet() -> None:
    for name, facts, table in active():
        if name in WITHOUT_CHAT:
            assert dialect_of(table) is None
            continue
        assert dialect_of(table) == dialect_named(facts["dialect"]), name
        offered = {dialect_named(alternate) for alternate in facts["alt_dialects"]}
        offered &= {*CHAT_DIALECTS, *(dialect for who, dialect in ELSEWHERE if who == name)}
        offered -= {dialect for who, dialect in ALTERNATES_LEFT_OUT if who == name}
        elsewhere = {dialect for who, dialect in ELSEWHERE if who == name}
        assert elsewhere <= offered, name
        offered -= {dialect_of(table)} | elsewhere
        if name not in {"bedrock", "perplexity"}:  # perplexity's chat completions were shut down
            assert set(table.alternates) == offered, name


def test_the_header_of_the_key_is_that_of_the_sheet() -> None:
    for name, facts, table in shared():
        scheme = facts["auth"]["scheme"]
        if scheme in SCHEMES:
            assert table.auth.kind == SCHEMES[scheme], name
            continue
        assert table.auth.header == facts["auth"]["header"].lower(), name
        bearer = facts["auth"]["format"].startswith("Bearer")
        assert (table.auth.kind == "bearer") == bearer, name
        assert (table.auth.fallback == "entra") == ("entra" in facts["auth"]), name


def test_quirks_that_the_sheet_states_as_data_are_declared() -> None:
    for name, facts, table in active():
        if dialect_of(table) != "openai_chat":
            continue
        limit = first_word(facts["params"]["max_tokens"])
        # Qianfan takes either, by model: the older one is understood everywhere.
        assert table.quirks.max_tokens == limit or name == "ernie", name
        asks = facts["stream"]["include_usage"] != "not needed"
        assert table.quirks.ask_for_usage == asks, name
        only_object = "json_object only" in facts["structured_output"]
        assert (table.quirks.output == "json_object") == only_object, name


def test_options_that_the_sheet_calls_unsupported_are_declared() -> None:
    """Other entries are about some models, or about tools; random_seed has a quirk of its own."""
    known = {*ChatRequest.__struct_fields__, *OpenAIChatOptions.__struct_fields__, "name"}
    declared = 0
    for name, facts, table in active():
        for entry in facts.get("unsupported", ()):
            option = re.split(r"[ >]", entry.removeprefix("messages[]."))[0]
            if option == "max_tokens" and table.quirks.max_tokens != option:
                continue
            if option in known - {"seed", "tool_choice"} and " on " not in entry:
                assert option in table.quirks.unsupported, (name, option)
                declared += 1
    assert declared > 5


def test_every_option_called_unsupported_exists() -> None:
    known = {*ChatRequest.__struct_fields__, *OpenAIChatOptions.__struct_fields__}
    known |= {*OpenAIResponsesOptions.__struct_fields__, "name", "image", "audio", "file"}
    known |= {"refusal"}
    for name in NAMES:
        for route in table_of(name).routes("chat"):
            assert set(route.quirks.unsupported) <= known, name


def test_quirks_stand_where_they_are_read() -> None:
    """A default route that is a table of its own has its own quirks."""
    for name in NAMES:
        table = table_of(name)
        if not isinstance(table.operations.get("chat", ""), str):
            assert table.quirks == Quirks(), name


def test_rate_limit_headers_stand_in_the_sheet() -> None:
    for name, facts, table in active():
        known = {first_word(header) for header in facts.get("rate_limit_headers", ())}
        given = {header for header in asdict(table.rate_limit_headers).values() if header}
        assert given <= known, name
