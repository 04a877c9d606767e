"""Every built-in table is whole; the vocabulary is closed."""

from __future__ import annotations

import re

import msgspec
import pytest

from fairlead.auth.origin import origin_of
from fairlead.auth.sources import Environment
from fairlead.providers.index import NAMES
from fairlead.providers.key_sources import variables_of
from fairlead.providers.schema import Alternate, Listing, ProviderTable, Route, table_of
from fairlead.providers.templates import words_of
from fairlead.providers.variables import variables_of_table
from fairlead.settings import ProviderSettings

ACTIVE = sorted(name for name in NAMES if table_of(name).status == "active")
RETIRED = sorted(NAMES - set(ACTIVE))


def filled(template: str) -> str:
    """`template` with some letter for every word in braces."""
    return re.sub(r"\{\w+\}", "x", template)


@pytest.mark.parametrize("name", sorted(NAMES))
def test_an_address_is_https_or_this_machine(name: str) -> None:
    table = table_of(name)
    further = [place.base_url for place in table.places() if place.base_url is not None]
    for template in (table.base_url, *further):
        origin = origin_of(filled(template))
        assert origin.scheme == "https" or (origin.loopback and not further)
        assert not template.endswith("/")


@pytest.mark.parametrize("name", ACTIVE)
def test_an_active_provider_offers_something_and_says_where_its_key_comes_from(name: str) -> None:
    table = table_of(name)
    assert "chat" in table.operations or name in {"jina", "voyageai"}
    assert table.operations
    assert table.title
    assert table.docs.startswith("https://")
    assert variables_of(table.auth) or table.kind == "embedded"
    assert table.auth.optional == (table.kind == "local")


@pytest.mark.parametrize("name", ACTIVE)
def test_every_word_in_braces_is_a_variable_of_the_table_or_about_the_model(name: str) -> None:
    table = table_of(name)
    variables = set(table.variables)
    for place in table.places():
        texts = [place.base_url, place.base_path]
        if isinstance(place, Alternate):
            texts += [place.path, place.stream_path]
        elif isinstance(place, Listing):
            texts.append(place.path)
        words = {word for text in texts if text for word in words_of(text)}
        if isinstance(place, Alternate):
            words -= {"model", "model_path", "model_underscored"}
        assert words <= variables
    assert set(words_of(table.base_url)) <= variables
    for variable in table.base_url_env:
        if not isinstance(variable, str):
            assert set(words_of(variable.path)) <= variables


@pytest.mark.parametrize("name", ACTIVE)
def test_a_derived_variable_follows_one_before_it_and_its_values_stay_with_the_provider(
    name: str,
) -> None:
    table = table_of(name)
    before: set[str] = set()
    for word, spec in table.variables.items():
        if spec.of is not None:
            assert spec.of in before
            assert spec.default
            assert table.variables[spec.of].known
            assert set(spec.values) <= set(table.variables[spec.of].known)
            assert not spec.env
        before.add(word)
    assert all(variant.when in {None, *before} for variant in table.variants)


def test_the_regions_of_bedrock_are_those_of_amazons_own_client() -> None:
    botocore_session = pytest.importorskip("botocore.session", reason="botocore is not installed")
    session = botocore_session.Session()
    regions = {
        region
        for partition in session.get_available_partitions()
        for region in session.get_available_regions("bedrock", partition)
    }
    assert set(table_of("bedrock").variables["region"].known) == regions


def test_the_hosts_of_bedrock_are_those_of_amazons_own_client() -> None:
    botocore_session = pytest.importorskip("botocore.session", reason="botocore is not installed")
    session = botocore_session.Session()
    table = table_of("bedrock")
    for region in table.variables["region"].known:
        own = ProviderSettings(variables={"region": region})
        known = variables_of_table("bedrock", table, own, Environment({}), any_value=False)
        for service, template in (
            ("bedrock-runtime", table.base_url),
            ("bedrock", "https://bedrock.{region}.{suffix}"),
        ):
            client = session.create_client(
                service, region, aws_access_key_id="k", aws_secret_access_key="s"
            )
            assert client.meta.endpoint_url == known.fill(template)


@pytest.mark.parametrize("name", ACTIVE)
def test_headers_are_in_lower_case(name: str) -> None:
    table = table_of(name)
    limits = msgspec.structs.asdict(table.rate_limit_headers).values()
    given = [*table.headers, *table.header_env, *(header for header in limits if header)]
    given += [table.auth.header, table.request_id_header or ""]
    assert given == [header.lower() for header in given]


@pytest.mark.parametrize("name", RETIRED)
def test_a_retired_provider_says_since_when_and_what_to_do(name: str) -> None:
    table = table_of(name)
    assert msgspec.convert(table.retired, str).count("-") == 2
    assert table.successor
    assert not table.operations


def test_there_are_the_retired_ones_of_the_sheet() -> None:
    assert RETIRED == ["ai21", "github_models", "lambda"]


@pytest.mark.parametrize(
    "text",
    [
        'title = "X"\nbase_ulr = "https://x.example"',
        'title = "X"\n[quirks]\nmax_token = "max_tokens"',
        'title = "X"\n[quirks]\nmax_tokens = "most"',
        'title = "X"\n[operations]\nchat = "openai_chatt"',
        'title = "X"\nauth = { kind = "basic" }',
        'title = "X"\n[alternates.telepathy]',
        'title = "X"\n[operations]\nembeddings = "openai_chat"',
        'title = "X"\n[operations]\ntelepathy = "openai"',
        'title = "X"\n[operations.rerank]\ndialect = "openai"',
        'title = "X"\n[[variants]]\n[variants.operations]\nchat = "openai"',
    ],
)
def test_what_is_not_in_the_vocabulary_is_refused(text: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.toml.decode(text, type=ProviderTable)


def test_a_variant_that_applies_stands_above_the_table_operation_by_operation() -> None:
    table = msgspec.toml.decode(
        """
        title = "X"
        [operations]
        chat = "gemini"
        embeddings = "gemini"
        [alternates.openai_chat]
        [[variants]]
        models = ["claude-"]
        when = "mode"
        [variants.operations]
        chat = "anthropic_messages"
        """,
        type=ProviderTable,
    )
    claude = table.routes("chat", "Claude-x", {"mode"})
    assert [route.dialect for route in claude] == ["anthropic_messages"]
    for model, variables in (("gemini-x", {"mode"}), ("claude-x", set[str]())):
        routes = table.routes("chat", model, variables)
        assert [route.dialect for route in routes] == ["gemini", "openai_chat"]
    assert table.routes("embeddings", "claude-x", {"mode"}) == (Route(dialect="gemini"),)


def test_the_quirks_of_chat_are_not_those_of_other_operations() -> None:
    assert table_of("groq").routes("embeddings") == (Route(dialect="openai"),)
