"""Typed values from the real local model, in both colours."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from fairlead import Settings
from fairlead.errors import LocalModelError
from fairlead.local.server import shared_server

MODEL = "local/smollm2"
ASKED = {"temperature": 0, "max_tokens": 120}


@dataclass
class Person:
    name: str
    age: int


@pytest.fixture(scope="module", autouse=True)
def _server() -> None:
    try:
        shared_server().start()
    except LocalModelError as error:
        pytest.skip(f"the local model cannot run: {error}")


@pytest.mark.parametrize("mode", ["auto", "prompt"])
def test_a_small_class_is_filled_in(opened, mode) -> None:
    client = opened(Settings())

    partials, result = client.events(
        "stream_extract", MODEL, "Anna is 31 years old.", Person, mode=mode, **ASKED
    )

    assert result.value == Person("Anna", 31)
    assert result.mode == {"auto": "native", "prompt": "prompt"}[mode]
    assert len(partials) > 3
    assert result.usage.output_tokens > 0


def test_a_list_of_names_is_read(opened) -> None:
    prompt = "List the three names: Anna, Bob, Carol."

    assert opened(Settings()).do("extract", MODEL, prompt, list[str], **ASKED) == [
        "Anna",
        "Bob",
        "Carol",
    ]


def test_items_come_from_it_too(opened) -> None:
    items, result = opened(Settings()).events(
        "stream_items", MODEL, "Anna is 31, Bob is 40.", Person, **ASKED
    )

    assert items == result.value
    assert {type(item) for item in items} == {Person}
