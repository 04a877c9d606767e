"""The public names: complete, cheap to import, and the same in both colours."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys

import pytest

import fairlead
from fairlead.client import AsyncClient, AsyncProvider, Client, Provider
from fairlead.speech import AsyncSpeechStream, SpeechStream
from fairlead.stream import AsyncStream, Stream

HEAVY = ("pycurl", "asyncio", "ssl", "click", "rich", "msgspec", "json", "tomllib", "socket")


def test_every_public_name_can_be_fetched() -> None:
    missing = [name for name in fairlead.__all__ if getattr(fairlead, name, None) is None]

    assert missing == []


def test_type_checkers_see_the_same_names_as_programs() -> None:
    source = inspect.getsource(fairlead)
    block = source[source.index("if TYPE_CHECKING:") : source.index("__version__")]
    seen = set(re.findall(r" as (\w+)", block))

    assert seen == set(fairlead.__all__) - {"__version__"}


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        fairlead.Nothing  # noqa: B018


def test_every_public_class_and_function_says_what_it_is() -> None:
    public = (getattr(fairlead, name) for name in fairlead.__all__)
    explained = [o for o in public if inspect.isclass(o) or inspect.isfunction(o)]

    assert [o.__name__ for o in explained if not vars(o).get("__doc__", o.__doc__)] == []


@pytest.mark.parametrize("kind", [Client, AsyncClient, fairlead.ChatResponse, fairlead.Message])
def test_every_method_that_people_call_says_what_it_does(kind: type) -> None:
    members = [(name, m) for name, m in inspect.getmembers(kind) if not name.startswith("_")]
    explained = [(n, m) for n, m in members if callable(m) or isinstance(m, property)]

    assert explained
    assert [name for name, member in explained if not inspect.getdoc(member)] == []


@pytest.mark.parametrize("kind", [Client, AsyncClient, Provider, AsyncProvider])
def test_what_a_method_says_can_be_read_alone_as_an_editor_shows_it(kind: type) -> None:
    members = inspect.getmembers(kind, inspect.isfunction)
    said = {name: inspect.getdoc(m) or "" for name, m in members if not name.startswith("_")}

    assert [name for name, text in said.items() if text.startswith("The same")] == []


def test_every_error_is_public() -> None:
    from fairlead import errors

    kinds = {
        name
        for name, value in vars(errors).items()
        if inspect.isclass(value) and issubclass(value, Exception)
    }

    assert kinds <= set(fairlead.__all__)


def test_importing_the_package_loads_nothing_heavy() -> None:
    program = "import sys, fairlead; print(*sys.modules)"

    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout.split()

    assert [name for name in HEAVY if name in loaded] == []


@pytest.mark.parametrize(
    ("blocking", "asynchronous"),
    [
        (Client, AsyncClient),
        (Provider, AsyncProvider),
        (Stream, AsyncStream),
        (SpeechStream, AsyncSpeechStream),
    ],
)
def test_both_colours_have_the_same_names_and_signatures(blocking, asynchronous) -> None:
    renamed = {"close": "aclose", "__enter__": "__aenter__", "__exit__": "__aexit__"}
    renamed |= {"__iter__": "__aiter__"}
    own = {n: v for n, v in inspect.getmembers(blocking, inspect.isfunction) if _public(n)}
    other = {n: v for n, v in inspect.getmembers(asynchronous, inspect.isfunction) if _public(n)}

    assert {renamed.get(name, name) for name in own} == set(other) - {"__anext__", "__await__"}
    for name, function in own.items():
        twin = other[renamed.get(name, name)]
        assert inspect.signature(function).parameters == inspect.signature(twin).parameters


def _public(name: str) -> bool:
    return not name.startswith("_") or name in ("__enter__", "__aenter__", "__iter__", "__aiter__")
