"""Secrets are hidden in every spelling that servers use, and found in those that stay."""

from __future__ import annotations

import base64
from urllib.parse import quote

import pytest

from fairlead.errors import ConfigError
from fairlead.tapes.secrets import Secrets, environment_secrets

KEY = "canary/7f3a9b-secret+key"


@pytest.mark.parametrize(
    "spelling",
    [
        KEY,
        KEY[:20],
        KEY.replace("/", "\\/"),
        quote(KEY, safe=""),
        base64.b64encode(KEY.encode()).decode(),
        base64.b64encode(f"Bearer {KEY}".encode()).decode(),
    ],
)
def test_a_secret_is_hidden_in_the_spellings_of_servers_and_keeps_its_length(spelling: str) -> None:
    hidden = Secrets([KEY]).hidden(f"wrong key: {spelling}!")

    assert KEY[:12] not in hidden
    assert len(hidden) == len(f"wrong key: {spelling}!")
    assert hidden.startswith("wrong key: ****")


@pytest.mark.parametrize(
    "spelling",
    [
        KEY,
        KEY[::-1],
        "".join(f"%{ord(character):02x}" for character in KEY),
        "".join(f"\\u{ord(character):04x}" for character in KEY),
        base64.b64encode(f"user:{KEY}".encode()).decode(),
        base64.urlsafe_b64encode(f"x{KEY}x".encode()).decode(),
    ],
)
def test_a_secret_that_is_left_is_found(spelling: str) -> None:
    with pytest.raises(ConfigError, match=r"api\.example\.com holds a credential") as caught:
        Secrets([KEY]).check(f'{{"said": "{spelling}"}}', "api.example.com")

    assert spelling not in str(caught.value)


def test_a_record_without_secrets_passes() -> None:
    Secrets([KEY]).check("canary, 7f3a9b", "x")
    Secrets().check("anything", "x")


@pytest.mark.parametrize(
    ("header", "parts"),
    [
        ("Bearer abcdefgh1234", ["abcdefgh1234"]),
        ("abcdefgh1234", ["abcdefgh1234"]),
        (f"Basic {base64.b64encode(b'me:hunter2hunter2').decode()}", ["hunter2hunter2"]),
        ("sid=abcdefgh1234; theme=dark", ["abcdefgh1234"]),
        (
            "AWS4-HMAC-SHA256 Credential=AKIA1234567890/2024/us, Signature=0123456789abcdef",
            ["AKIA1234567890", "0123456789abcdef"],
        ),
    ],
)
def test_the_secrets_in_a_header_are_learned(header: str, parts: list[str]) -> None:
    secrets = Secrets()
    secrets.learn_header(header)

    assert all(set(secrets.hidden(part)) == {"*"} for part in parts)


def test_words_are_no_secrets() -> None:
    secrets = Secrets(["test", "unused", "********"])
    secrets.learn_header("sid=dark")

    assert (
        secrets.hidden("this test is unused ******** dark") == "this test is unused ******** dark"
    )


def test_keys_of_the_environment_are_known_and_paths_and_words_are_not() -> None:
    environ = {
        "OPENAI_API_KEY": "sk-0123456789abcdef",
        "GITHUB_TOKEN": "0123456789abcdef",
        "SSH_KEY": "/home/me/.ssh/id_ed25519",
        "CACHE_KEY": "production",
        "HOME": "0123456789abcdefgh",
        "TOKEN_URL": "https://example.com/oauth",
    }

    assert environment_secrets(environ) == ["sk-0123456789abcdef", "0123456789abcdef"]


def test_nothing_shows_them() -> None:
    assert KEY not in repr(Secrets([KEY]))
