"""`python -m bench [--quick] [names...]`, or `python -m bench profile [call|burst] [colour]`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from bench import (
    crowds,
    deciding,
    decoding,
    embedding,
    exchanges,
    first_event,
    hotspots,
    idle,
    layers,
    lookup,
    partial_json,
    signing,
    startup,
    structured,
    tool_calls,
    wire,
    wire_idle,
)
from bench.machine import on_client_core
from bench.server import Server
from bench.sizes import QUICK, Sizes
from bench.table import Row, Table, lines
from fairlead.dialects.registry import CHAT_DIALECTS

Benchmark = Callable[[Server, Sizes], Row]

BENCHMARKS: dict[str, Benchmark] = {
    "call-async": lambda server, sizes: exchanges.call(server, sizes, "async", 1, 1.9),
    "call-async-64": lambda server, sizes: exchanges.call(server, sizes, "async", 64, 2.5),
    "call-blocking": lambda server, sizes: exchanges.call(server, sizes, "blocking", 1, 1.9),
    "burst-async": lambda server, sizes: exchanges.burst(server, sizes, "async", 2.5),
    "burst-blocking": lambda server, sizes: exchanges.burst(server, sizes, "blocking", 2.5),
    "paced-async": lambda server, sizes: exchanges.paced(server, sizes, "async", 1.2),
    "paced-blocking": lambda server, sizes: exchanges.paced(server, sizes, "blocking", 1.2),
    "idle-async": lambda server, sizes: idle.idle(server, sizes, "async"),
    "idle-blocking": lambda server, sizes: idle.idle(server, sizes, "blocking"),
    **{
        f"call-{version}-{colour}": lambda server, sizes, version=version, colour=colour: wire.call(
            server, sizes, version, colour, 1, 1.6
        )
        for version in ("http2", "http3")
        for colour in ("async", "blocking")
    },
    "call-http2-64": lambda server, sizes: wire.call(server, sizes, "http2", "async", 64, 2.0),
    "call-http3-64": lambda server, sizes: wire.call(server, sizes, "http3", "async", 64, 2.0),
    "paced-http2": lambda server, sizes: wire.paced(server, sizes, "http2", "async", 1.2),
    "paced-http3": lambda server, sizes: wire.paced(server, sizes, "http3", "async", 1.2),
    "idle-https": lambda server, sizes: wire_idle.idle(server, sizes, "http1", None),
    "idle-http2": lambda server, sizes: wire_idle.idle(server, sizes, "http2", 25.0),
    "idle-http3": lambda server, sizes: wire_idle.idle(server, sizes, "http3", None),
    "warm-http2": lambda server, sizes: wire.first_event(server, sizes, "http2", 1.0),
    "warm-http3": lambda server, sizes: wire.first_event(server, sizes, "http3", 1.0),
    "layers-async": lambda server, sizes: layers.call(server, sizes, "all but cache", "async", 1.4),
    "layers-blocking": lambda server, sizes: layers.call(
        server, sizes, "all but cache", "blocking", 1.4
    ),
    "layers-cache-async": lambda server, sizes: layers.call(server, sizes, "all", "async", 1.4),
    "layers-cache-blocking": lambda server, sizes: layers.call(
        server, sizes, "all", "blocking", 1.4
    ),
    "layers-events-async": lambda server, sizes: layers.event(
        server, sizes, "all but cache", "async", 1.15
    ),
    "layers-events-blocking": lambda server, sizes: layers.event(
        server, sizes, "all but cache", "blocking", 1.15
    ),
    "layers-cache-events-async": lambda server, sizes: layers.event(
        server, sizes, "all", "async", 1.15
    ),
    "layers-cache-events-blocking": lambda server, sizes: layers.event(
        server, sizes, "all", "blocking", 1.15
    ),
    **{
        f"layer-{name}": lambda server, sizes, name=name: layers.call(
            server, sizes, name, "blocking", None
        )
        for name in layers.SINGLE
    },
    "limiter": lambda server, sizes: deciding.limiter(server, sizes, 0.05),
    "streams-1000": lambda server, sizes: crowds.streams(server, sizes, 1.3),
    "calls-times-4": lambda server, sizes: crowds.calls(server, sizes, 1.1),
    **{
        f"decode-{name}": lambda _server, sizes, name=name: decoding.decoding(name, sizes, 2.5)
        for name in CHAT_DIALECTS
    },
    "tool-calls": lambda _server, sizes: tool_calls.assembly(sizes, 2.0),
    "tool-calls-followed": lambda _server, sizes: tool_calls.progress(sizes, 4.0),
    "partial-json": lambda _server, sizes: partial_json.beside_a_parser(sizes, 60.0),
    "partial-json-small": lambda _server, sizes: partial_json.beside_large_fragments(sizes, 3.0),
    "partial-json-string": lambda _server, sizes: partial_json.one_string(sizes, 3.0),
    "partial-json-memory": lambda _server, sizes: partial_json.memory(sizes, 3.0),
    "partial-json-long": lambda _server, sizes: partial_json.beside_short_documents(sizes, 1.3),
    "partial-objects": lambda _server, sizes: structured.beside_decoding(sizes, 15.0),
    **{
        name: lambda _server, sizes, name=name: structured.beside(name, sizes, 1.0)
        for name in structured.installed()[0]
    },
    "sigv4": lambda _server, sizes: signing.signing(sizes, 2.0),
    "model-lookup": lambda server, sizes: lookup.lookup(server, sizes, 0.1),
    "embeddings-memory": lambda server, sizes: embedding.memory(server, sizes, "base64", 3.0),
    "embeddings-numbers": lambda server, sizes: embedding.memory(server, sizes, "numbers", 3.0),
    "import": lambda _server, sizes: startup.importing(sizes),
    "modules": lambda _server, _sizes: startup.loaded_modules(),
    "version": lambda _server, sizes: startup.version(sizes),
    "cold-call": lambda server, sizes: startup.cold_call(server, sizes),
}

TABLES: dict[str, Callable[[Server, Sizes], Table]] = {
    "peers-http1": lambda server, sizes: _peers(server, sizes, "http1"),
    "peers-http2": lambda server, sizes: _peers(server, sizes, "http2"),
    "first-event": first_event.first_events,
}
"""What does not fit into one table with the others."""


def _peers(server: Server, sizes: Sizes, version: str) -> Table:
    # Loaded late, so that the other benchmarks do not carry other clients along.
    from bench.peers import peers

    return peers(server, sizes, version)


def run(names: list[str], sizes: Sizes) -> list[Row]:
    """The rows of the benchmarks named, measured one after another."""
    # The server is started first: it inherits the cores that it may choose among.
    with Server() as server, on_client_core():
        return [BENCHMARKS[name](server, sizes) for name in names]


def table(name: str, sizes: Sizes) -> Table:
    """What has a table of its own."""
    with Server() as server, on_client_core():
        return TABLES[name](server, sizes)


def profile(words: list[str], sizes: Sizes) -> None:
    kind = "burst" if "burst" in words else "call"
    with Server() as server, on_client_core():
        hotspots.show(server, sizes, kind, "blocking" if "blocking" in words else "async")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller sizes, rougher figures")
    known = [*BENCHMARKS, *TABLES]
    parser.add_argument("names", nargs="*", help=f"profile, or: {' '.join(known)}")
    chosen = parser.parse_args(arguments)
    sizes = QUICK if chosen.quick else Sizes()
    if chosen.names[:1] == ["profile"]:
        profile(chosen.names[1:], sizes)
        return 0
    unknown = [name for name in chosen.names if name not in known]
    if unknown:
        parser.error(f"there is no benchmark {unknown[0]!r}; choose among {' '.join(known)}")
    if not chosen.names:
        for line in structured.installed()[1]:
            print(line)
    show(chosen.names or known, sizes)
    return 0


def show(names: list[str], sizes: Sizes) -> None:
    """Print the rows of those named, and then their tables."""
    rows = [name for name in names if name in BENCHMARKS]
    if rows:
        print("\n".join(lines(run(rows, sizes))))
    for name in names:
        if name in TABLES:
            print("\n".join(["", *table(name, sizes).lines()]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
