"""Logins in the keyring where there is one, and else in private files."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.auth.dialogue import shown
from tests.keys.conftest import MemoryKeyring

from fairlead.auth.login import Login
from fairlead.auth.secret import Secret
from fairlead.errors import ConfigError
from fairlead.keys.token_store import TokenStore

LOGIN = Login(
    service="google",
    access=Secret("ya29.canary"),
    refresh=Secret("1//canary"),
    obtained_at=1_700_000_000.0,
    expires_at=1_700_003_600.0,
    scope="a b",
    account="ann@example.com",
    client_id="id",
    client_secret=Secret("GOCSPX-canary"),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "tokens"


def test_a_login_comes_back_as_it_was(folder: Path, no_keyring: None) -> None:
    store = TokenStore(folder)
    assert store.read("google") is None
    assert store.names() == []
    store.write("google", LOGIN)
    assert store.read("google") == LOGIN
    assert store.names() == ["google"]
    assert store.about("google") == (LOGIN, "file")


def test_a_stamp_changes_with_every_login(folder: Path) -> None:
    store = TokenStore(folder, place="file")
    assert store.stamp("google") is None
    stamps = []
    for _ in range(3):
        store.write("google", LOGIN)
        stamps.append(store.stamp("google"))
    assert len(set(stamps)) == 3


def test_with_a_keyring_the_file_holds_no_token(
    folder: Path, memory_keyring: MemoryKeyring
) -> None:
    store = TokenStore(folder)
    store.write("google", LOGIN)
    assert b"canary" not in store.path_of("google").read_bytes()
    assert store.read("google") == LOGIN
    found = store.about("google")
    assert found is not None
    about, place = found
    assert (about.account, about.expires_at, place) == (
        "ann@example.com",
        LOGIN.expires_at,
        "keyring",
    )
    assert "canary" not in about.access.reveal()


def test_what_is_too_long_for_the_keyring_goes_into_a_file(
    folder: Path, memory_keyring: MemoryKeyring
) -> None:
    memory_keyring.most = 10
    store = TokenStore(folder)
    store.write("google", LOGIN)
    assert store.read("google") == LOGIN
    assert store.about("google") == (LOGIN, "file")


def test_the_user_may_want_a_file_or_the_keyring(
    folder: Path, memory_keyring: MemoryKeyring
) -> None:
    TokenStore(folder, place="file").write("google", LOGIN)
    assert memory_keyring.entries == {}
    memory_keyring.locked = True
    with pytest.raises(ConfigError, match="FAIRLEAD_TOKEN_STORE"):
        TokenStore(folder, place="keyring").write("google", LOGIN)


def test_a_login_that_the_keyring_lost_says_so(folder: Path, memory_keyring: MemoryKeyring) -> None:
    store = TokenStore(folder)
    store.write("google", LOGIN)
    memory_keyring.entries.clear()
    with pytest.raises(ConfigError, match="run fairlead login google"):
        store.read("google")


@pytest.mark.parametrize("data", [b"", b"{}", b"<html>", b'{"login": {}}', b"\xff", b"[" * 9000])
def test_a_damaged_file_says_what_to_do(folder: Path, data: bytes) -> None:
    store = TokenStore(folder, place="file")
    store.write("google", LOGIN)
    store.path_of("google").write_bytes(data)
    with pytest.raises(ConfigError, match="is damaged; run fairlead login google"):
        store.read("google")


def test_a_file_that_is_half_written_shows_no_token(folder: Path) -> None:
    store = TokenStore(folder, place="file")
    store.write("google", LOGIN)
    path = store.path_of("google")
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(ConfigError) as caught:
        store.read("google")
    assert "canary" not in shown(caught.value)


def test_deleting_leaves_nothing(folder: Path, memory_keyring: MemoryKeyring) -> None:
    store = TokenStore(folder)
    store.write("google", LOGIN)
    assert store.delete("google")
    assert memory_keyring.entries == {}
    assert store.names() == []
    assert not store.delete("google")


def test_a_keyring_that_keeps_a_deleted_login_is_told_of(
    folder: Path, memory_keyring: MemoryKeyring
) -> None:
    store = TokenStore(folder)
    store.write("google", LOGIN)
    memory_keyring.held = True
    with pytest.raises(ConfigError, match="delete the entry fairlead/google"):
        store.delete("google")
    assert store.stamp("google") is None


@pytest.mark.parametrize("name", ["../x", "a/b", "", "Google", ".x", "x" * 60])
def test_a_name_cannot_leave_the_folder(folder: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="is no name of a login"):
        TokenStore(folder).read(name)
