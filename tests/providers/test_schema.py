"""Every built-in table is whole; the vocabulary is closed."""

from __future__ import annotations

import msgspec
import pytest

from fairlead.auth.origin import origin_of
from fairlead.providers.credentials import variables_of
from fairlead.providers.index import NAMES
from fairlead.providers.schema import ProviderTable, table_of

ACTIVE = sorted(name for name in NAMES if table_of(name).status == "active")
RETIRED = sorted(NAMES - set(ACTIVE))


@pytest.mark.parametrize("name", sorted(NAMES))
def test_an_address_is_https_or_this_machine(name: str) -> None:
    origin = origin_of(table_of(name).base_url)
    assert origin.scheme == "https" or origin.loopback
    assert not table_of(name).base_url.endswith("/")


@pytest.mark.parametrize("name", ACTIVE)
def test_an_active_provider_chats_and_says_where_its_key_comes_from(name: str) -> None:
    table = table_of(name)
    assert "chat" in table.operations
    assert table.title
    assert table.docs.startswith("https://")
    assert variables_of(table.auth) or table.kind == "embedded"
    assert table.auth.optional == (table.kind == "local")


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
    ],
)
def test_what_is_not_in_the_vocabulary_is_refused(text: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.toml.decode(text, type=ProviderTable)
