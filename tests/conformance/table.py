"""Counts what the conformance checks ran over, and writes it as a table."""

from __future__ import annotations

from collections import Counter, defaultdict

COLUMNS = {
    "bodies": "answers",
    "streams": "streamed answers",
    "damaged": "bad 2xx, typed error",
    "errors": "error statuses",
    "splits": "split runs",
    "cuts": "cuts",
}


class Tally:
    """Outcomes per dialect."""

    def __init__(self) -> None:
        self._counts: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def count(self, dialect: str, outcome: str, times: int = 1) -> None:
        self._counts[dialect][outcome] += times

    @property
    def empty(self) -> bool:
        return not self._counts

    def lines(self) -> list[str]:
        """The table in Markdown."""
        heads = ["dialect", "exchanges", *COLUMNS.values()]
        lines = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
        for dialect, counts in sorted(self._counts.items()):
            exchanges = sum(counts[name] for name in ("bodies", "streams", "damaged", "errors"))
            cells = [dialect, f"{exchanges:,}", *(f"{counts[name]:,}" for name in COLUMNS)]
            lines.append("| " + " | ".join(cells) + " |")
        return lines


def document(table: list[str]) -> str:
    """The page that keeps the table."""
    return (
        "# Faithfulness\n\n"
        "Every recorded exchange of the corpus runs through its dialect in the test suite "
        "(`tests/conformance`).\n\n"
        "- **answers**, **streamed answers**: 2xx that decode; text, tool calls, reasoning, "
        "citations, usage and finish\n  agree with an independent reading of the JSON, and the "
        "events agree with the answer.\n"
        "- **bad 2xx**: the body is itself an error, truncated, or cut by the recorder; it gives "
        "the typed error that\n  fits and nothing else. Each one is listed with its reason in the "
        "dialect's test.\n"
        "- **error statuses**: 4xx and 5xx that become the error class that a table in the test "
        "names.\n"
        "- **split runs**: the same stream byte by byte and at random splits gives the same "
        "events.\n"
        "- **cuts**: prefixes of streams and bodies. Before the terminal event a cut is "
        "`StreamInterrupted`, after it\n  the answer; every byte of streams up to 8 KB, 64 places "
        "of longer ones. Inside one event the\n  same decoder goes on from cut to cut, "
        "as half an event may leave no trace. A cut body is a `DecodeError`.\n\n"
        + "\n".join(table)
        + "\n\n"
        "Written by `FAIRLEAD_WRITE_DOCS=1 .venv/bin/python -m pytest tests/conformance`; "
        "`FAIRLEAD_CORPUS` names the\nplace of the recordings, by default `../shared/corpus`.\n"
    )
