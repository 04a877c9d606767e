"""The table of docs/transports.md: what each library can do, made of what its adapter declares."""

from __future__ import annotations

from pathlib import Path

from tests.adapters import cannot

from fairlead.transports.adapting import INABILITIES

PAGE = Path(__file__).parents[2] / "docs" / "transports.md"
_LIBRARIES = {"curl": "libcurl", "httpx2": "httpx2", "httpx": "classic httpx", "aiohttp": "aiohttp"}
_OF_HTTP2 = {"resets", "streams"}
_BEGIN = "<!-- written by `make docs` -->\n"
_END = "<!-- to here -->\n"


def table() -> str:
    """In Markdown."""
    heads = ["word", "can it", *_LIBRARIES.values()]
    lines = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    for word, ability in sorted(INABILITIES.items()):
        cells = [f"`{word}`", ability, *(_cell(kind, word) for kind in _LIBRARIES)]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _cell(kind: str, word: str) -> str:
    needed = {word, "http2"} if word in _OF_HTTP2 else {word}
    blocks = needed.isdisjoint(cannot(kind, "blocking"))
    awaits = needed.isdisjoint(cannot(kind, "asyncio"))
    if blocks and awaits:
        return "yes"
    if awaits:
        return "`AsyncClient` only"
    return "`Client` only" if blocks else "no"


def with_table(page: str) -> str:
    """The page with the table as it is now."""
    before, _, rest = page.partition(_BEGIN)
    return before + _BEGIN + "\n" + table() + "\n" + _END + rest.partition(_END)[2]
