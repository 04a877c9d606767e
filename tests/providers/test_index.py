"""The index says what the tables say."""

from __future__ import annotations

from pathlib import Path

import fairlead.providers
from fairlead.providers.index import ALIASES, MODEL_PREFIXES, NAMES
from fairlead.providers.model_names import folded
from fairlead.providers.schema import table_of

FOLDER = Path(fairlead.providers.__file__).parent
TABLES = {path.stem: table_of(path.stem) for path in FOLDER.glob("*.toml")}


def test_every_table_is_in_the_index() -> None:
    assert set(TABLES) == NAMES


def test_every_alias_leads_to_its_table() -> None:
    written = {folded(alias): name for name, table in TABLES.items() for alias in table.aliases}
    assert dict(ALIASES) == written


def test_no_alias_is_claimed_twice_or_hides_a_name() -> None:
    aliases = [folded(alias) for table in TABLES.values() for alias in table.aliases]
    assert len(aliases) == len(set(aliases))
    assert not NAMES & set(aliases)


def test_every_model_prefix_lists_all_who_claim_it() -> None:
    claimed: dict[str, list[str]] = {}
    for name in sorted(TABLES):
        for prefix in TABLES[name].model_prefixes:
            claimed.setdefault(prefix, []).append(name)
    assert {prefix: tuple(names) for prefix, names in claimed.items()} == dict(MODEL_PREFIXES)


def test_names_and_prefixes_are_folded() -> None:
    assert all(name == folded(name) for name in NAMES)
    assert all(prefix == prefix.lower() for prefix in MODEL_PREFIXES)
