"""Sources are read anew every time, and say what is wrong without saying the key."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead.auth.secret import Secret
from fairlead.auth.sources import Environment, FileSource, ValueSource, VariableSource
from fairlead.errors import ConfigError


def revealed(source: ValueSource | VariableSource | FileSource) -> str | None:
    secret = source.read()
    return None if secret is None else secret.reveal()


def test_a_variable_is_read_anew_every_time() -> None:
    variables = {"GROQ_API_KEY": "one"}
    source = VariableSource("GROQ_API_KEY", Environment(variables))
    assert revealed(source) == "one"
    variables["GROQ_API_KEY"] = "two"
    assert revealed(source) == "two"
    del variables["GROQ_API_KEY"]
    assert source.read() is None


def test_an_empty_variable_holds_no_key() -> None:
    assert VariableSource("A", Environment({"A": ""})).read() is None


def test_a_variable_with_a_line_break_is_named_and_not_shown() -> None:
    source = VariableSource("GROQ_API_KEY", Environment({"GROQ_API_KEY": "canary\n"}))
    with pytest.raises(ConfigError, match="GROQ_API_KEY holds a line break") as caught:
        source.read()
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_the_line_end_of_a_key_file_is_not_part_of_the_key(tmp_path: Path, end: bytes) -> None:
    path = tmp_path / "key"
    path.write_bytes(b"from-file" + end)
    source = FileSource(path, "key")
    assert revealed(source) == "from-file"
    path.write_bytes(b"rotated")
    assert revealed(source) == "rotated"


@pytest.mark.parametrize("content", [b"", b"\n"])
def test_an_empty_or_absent_file_holds_no_key(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "key"
    assert FileSource(path, "key").read() is None
    path.write_bytes(content)
    assert FileSource(path, "key").read() is None


@pytest.mark.parametrize("content", [b"canary\nsecond", b"canary\xff", b"canary" * 10_000])
def test_a_file_that_is_no_key_is_refused_without_showing_it(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "key"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"^~/key ") as caught:
        FileSource(path, "~/key").read()
    assert "canary" not in str(caught.value)


def test_an_unreadable_file_says_why(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"key file folder cannot be read: Is a directory"):
        FileSource(tmp_path, "folder").read()


def test_the_environment_shows_no_value() -> None:
    environment = Environment({"GROQ_API_KEY": "canary", "HOME": "/home/someone"})
    assert "canary" not in repr(environment)
    assert environment.names("GROQ") == ["GROQ_API_KEY"]
    assert environment.home() == Path("/home/someone")


def test_a_value_source_gives_its_value() -> None:
    assert revealed(ValueSource("argument", Secret("k"))) == "k"
