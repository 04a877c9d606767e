"""A key in the system's keyring."""

from __future__ import annotations

import pytest
from tests.auth.dialogue import play, shown
from tests.keys.conftest import MemoryKeyring

from fairlead.auth.secret import Secret
from fairlead.auth.slow_source import SlowSource
from fairlead.errors import ConfigError
from fairlead.keys.keyring_source import keyring_source, usable_keyring


def read(source: SlowSource) -> Secret | None:
    renewal = source.renewal(0.0)
    assert renewal is not None
    play(renewal.flow())
    return source.read()


def test_the_entry_is_read_by_service_and_user(memory_keyring: MemoryKeyring) -> None:
    memory_keyring.entries["https://api.groq.com/openai", "ann"] = "sk-canary"
    source = keyring_source("https://api.groq.com/openai/ann")
    assert source.name == "keyring https://api.groq.com/openai/ann"
    assert read(source) == Secret("sk-canary")


def test_an_entry_that_is_not_there_is_no_key(memory_keyring: MemoryKeyring) -> None:
    assert read(keyring_source("groq/ann")) is None


@pytest.mark.parametrize("entry", ["", "groq", "/ann", "groq/"])
def test_an_entry_names_service_and_user(entry: str) -> None:
    with pytest.raises(ConfigError, match='must be "service/user"'):
        keyring_source(entry)


def test_a_keyring_that_fails_in_its_own_way_is_one_sentence(
    memory_keyring: MemoryKeyring,
) -> None:
    memory_keyring.locked = True
    with pytest.raises(ConfigError, match=r"\(RuntimeError\); unlock") as caught:
        read(keyring_source("groq/ann"))
    assert "canary" not in str(caught.value)


def test_a_key_that_no_header_can_carry_is_not_shown(memory_keyring: MemoryKeyring) -> None:
    memory_keyring.entries["groq", "ann"] = "sk-canary\n"
    with pytest.raises(ConfigError, match="line break") as caught:
        read(keyring_source("groq/ann"))
    assert "canary" not in shown(caught.value)


def test_a_system_without_a_keyring_says_what_to_do_instead(no_keyring: None) -> None:
    assert usable_keyring() is None
    with pytest.raises(ConfigError, match="set key_env, key_file or key_command instead"):
        read(keyring_source("groq/ann"))
