"""The tables of the papers have what the code has: settings, options, events, errors, providers."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from msgspec import NODEFAULT, Struct
from msgspec.structs import fields

import fairlead
import fairlead.errors
from fairlead.cli.failures import INTERRUPTED
from fairlead.cli.program import COMMANDS
from fairlead.inputs import ChatOptions
from fairlead.providers.index import NAMES
from fairlead.providers.schema import ProviderTable, table_of
from fairlead.settings.values import (
    TABLES,
    BudgetSettings,
    LoginSettings,
    ProviderSettings,
    TargetSettings,
)
from fairlead.turns.start import RunOptions
from fairlead.types.events import Event
from fairlead.types.explained import Outcome
from fairlead.types.messages import Part
from fairlead.types.prices import Rates
from fairlead.types.receipts import CacheUse
from fairlead.types.routes import Route
from fairlead.types.runs import ToolOutcome
from fairlead.types.targets import Quirks

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
SECTIONS: dict[str, type[Struct]] = {
    **{f"`[{name}]`": struct for name, struct in TABLES.items() if name != "reload"},
    "Reload": TABLES["reload"],
    "`[providers.<name>]`": ProviderSettings,
    '`[targets."<provider>/<model>"]`': TargetSettings,
    "`[budgets.<name>]`": BudgetSettings,
    "`[routes.<name>]`": Route,
    "`[logins.<name>]`": LoginSettings,
    "Quirks": Quirks,
}
OPERATIONS = {
    "embed": "embeddings",
    "rerank": "rerank",
    "complete": "completion",
    "count_tokens": "count_tokens",
    "transcribe": "transcription",
    "speak": "speech",
    "image": "image",
}


def section(page: str, title: str) -> str:
    """What stands under a heading of `page`, up to the next."""
    found = re.split(r"^#+ (.+)\n", (DOCS / page).read_text(), flags=re.MULTILINE)
    return dict(zip(found[1::2], found[2::2], strict=True))[title]


def rows(text: str) -> list[list[str]]:
    """The cells of all rows of tables, without those of heads."""
    lines = re.findall(r"^\| (.+) \|$", text, re.MULTILINE)
    return [line.split(" | ") for line in lines]


def first_cells(text: str) -> set[str]:
    """All names in the first column."""
    return {name for cells in rows(text) for name in re.findall(r"`(\w+)`", cells[0])}


def written(field: msgspec.structs.FieldInfo) -> str:
    """A default as the page writes it."""
    default: Any = field.default
    if default is NODEFAULT:
        default = field.default_factory if field.required else field.default_factory()
    if default is NODEFAULT:
        return "required"
    if default in (None, (), {}):
        return "unset"
    if isinstance(default, float) and default.is_integer():
        default = int(default)
    return f"`{json.dumps(default)}`"


def test_every_key_of_a_price_is_in_the_table() -> None:
    keys = {*Rates.__struct_fields__, "discount_percent"}
    assert first_cells(section("settings.md", '`[providers.<name>.prices."<model>"]`')) == keys


@pytest.mark.parametrize("title", SECTIONS)
def test_a_table_of_settings_has_each_key_with_its_default(title) -> None:
    told = [(cells[0], cells[1]) for cells in rows(section("settings.md", title))[1:]]

    assert told == [(f"`{f.name}`", written(f)) for f in fields(SECTIONS[title])]


def test_every_table_of_the_settings_has_a_section() -> None:
    named = set(re.findall(r"^## `\[(\w+)", (DOCS / "settings.md").read_text(), re.MULTILINE))
    plain = {"model", "unsupported", "aliases", "reload"}
    from_files = set(fairlead.Settings.__struct_fields__) - {"warnings", "project_addresses"}

    assert named == from_files - plain


@pytest.mark.parametrize(
    ("page", "title", "names"),
    [
        ("chat.md", "Options", set(ChatOptions.__annotations__)),
        ("chat.md", "Messages", {part.__name__ for part in get_args(Part)}),
        ("chat.md", "Streams", {event.__name__ for event in get_args(Event)}),
        ("chat.md", "Other providers, other words", set(get_args(Outcome))),
        ("tools.md", "Errors of tools", set(get_args(ToolOutcome))),
        ("cache.md", "Answers that are kept", set(get_args(CacheUse))),
    ],
)
def test_a_table_names_everything_that_there_is(page, title, names) -> None:
    assert first_cells(section(page, title)) == names


def test_the_table_of_an_answer_names_its_fields() -> None:
    told = first_cells(section("chat.md", "The answer"))

    assert set(fairlead.ChatResponse.__struct_fields__) <= told
    assert [name for name in told if not hasattr(fairlead.ChatResponse, name)] == []


def test_the_table_of_runs_has_the_options_that_chat_has_not() -> None:
    own = set(RunOptions.__annotations__) - set(ChatOptions.__annotations__)

    assert first_cells(section("tools.md", "Runs")) == own | {"tools", "deadline"}


def test_the_table_of_errors_has_every_error() -> None:
    items = [item for item in vars(fairlead.errors).values() if isinstance(item, type)]
    there = {item.__name__ for item in items if issubclass(item, fairlead.FairleadError)}

    assert first_cells((DOCS / "errors.md").read_text()) == there


def test_the_table_of_exit_codes_is_that_of_the_errors() -> None:
    told = re.findall(r"^\| (\d+) \|", (DOCS / "command-line.md").read_text(), re.MULTILINE)
    errors = [item for item in vars(fairlead.errors).values() if isinstance(item, type)]
    raised = {item.exit_code for item in errors if issubclass(item, fairlead.FairleadError)}

    assert {int(row) for row in told} == raised | {0, INTERRUPTED}


def test_the_table_of_providers_has_each_with_its_keys_and_protocols() -> None:
    tables = {name: table_of(name) for name in sorted(NAMES)}
    told = rows(section("providers.md", "Providers and keys"))[1:]

    assert told == [_row(n, table) for n, table in tables.items() if table.status == "active"]


def _row(name: str, table: ProviderTable) -> list[str]:
    keys = ", ".join(f"`{v if isinstance(v, str) else v.name}`" for v in table.auth.env)
    dialects = dict.fromkeys(route.dialect for route in table.routes("chat"))
    return [f"`{name}`", table.title, keys or "none", ", ".join(dialects) or "none"]


def test_the_table_of_operations_has_who_offers_each() -> None:
    tables = {name: table_of(name) for name in sorted(NAMES)}
    told = rows((DOCS / "operations.md").read_text())[1:]

    assert told == [
        [
            f"`{method}`",
            ", ".join(n for n, table in tables.items() if operation in table.operations),
        ]
        for method, operation in OPERATIONS.items()
    ]


def test_the_page_of_the_command_line_names_every_command() -> None:
    page = (DOCS / "command-line.md").read_text()
    named = set(re.findall(r"fairlead (\w+)", page)) | first_cells(page)

    assert set(COMMANDS) - named == {"ask"}  # what happens without a command


def test_the_plan_of_the_house_has_a_place_for_every_part() -> None:
    parts = [path for path in (ROOT / "src/fairlead").iterdir() if not path.name.startswith("_")]
    names = {p.name for p in parts if p.suffix == ".py"}
    names |= {f"{p.name}/" for p in parts if (p / "__init__.py").exists()}
    named = set(re.findall(r"`([\w.]+/?)`", (ROOT / "ARCHITECTURE.md").read_text()))

    assert names - named == set()
