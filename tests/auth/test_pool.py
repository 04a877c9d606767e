"""Several keys of one provider: which is taken, which rests, and for how long."""

from __future__ import annotations

import pytest

from fairlead.auth.api_key import BEARER, Credential
from fairlead.auth.origin import origin_of
from fairlead.auth.pool import Pool, pool_of
from fairlead.auth.secret import Secret
from fairlead.auth.sources import Environment, ValueSource, VariableSource
from fairlead.errors import (
    ApiError,
    AuthenticationError,
    ConfigError,
    MissingCredentials,
    PermissionDeniedError,
    QuotaExceededError,
    RateLimitError,
    ServerError,
)
from fairlead.types.http import HttpRequest

ORIGIN = origin_of("https://api.example.com")
REQUEST = HttpRequest("POST", "https://api.example.com/v1")


def key(name: str) -> Credential:
    return Credential(ORIGIN, ((ValueSource(name, Secret(f"secret-{name}")), BEARER),))


def pool(*names: str) -> Pool:
    return Pool([key(name) for name in names])


def error(kind: type[ApiError], retry_after: float | None = None) -> ApiError:
    made = kind("no", status=429, target="x")
    made.retry_after = retry_after
    return made


def taken(keys: Pool, wall: float, count: int = 1) -> list[str | None]:
    return [keys.chosen(wall).key_name for _ in range(count)]


def test_keys_that_are_all_free_take_turns() -> None:
    assert taken(pool("a", "b", "c"), 0.0, 5) == ["a", "b", "c", "a", "b"]


def test_a_limited_key_rests_for_as_long_as_the_provider_says() -> None:
    keys = pool("a", "b")

    assert keys.chosen(100.0).rejected(error(RateLimitError, 7.0), 100.0)

    assert taken(keys, 106.9, 3) == ["b", "b", "b"]
    assert not keys.chosen(106.9).rejected(error(RateLimitError, 7.0), 106.9)
    assert taken(keys, 107.0, 2) == ["a", "a"]


@pytest.mark.parametrize(
    ("kind", "seconds"), [(RateLimitError, 60.0), (QuotaExceededError, 3600.0)]
)
def test_without_a_hint_the_rest_depends_on_what_is_used_up(kind, seconds) -> None:
    keys = pool("a", "b")

    keys.chosen(0.0).rejected(error(kind), 0.0)

    assert taken(keys, seconds - 0.1, 2) == ["b", "b"]
    assert "a" in taken(keys, seconds, 2)


def test_a_spent_quota_rests_until_the_provider_says_that_it_is_reset() -> None:
    keys = pool("a", "b")

    assert keys.chosen(0.0).rejected(error(QuotaExceededError, 86_400.0), 0.0)

    assert taken(keys, 86_399.0, 2) == ["b", "b"]
    assert "a" in taken(keys, 86_400.0, 2)


def test_a_hint_of_nothing_is_still_a_rest() -> None:
    keys = pool("a")

    assert not keys.chosen(0.0).rejected(error(RateLimitError, 0.0), 0.0)


def test_the_key_that_was_limited_least_recently_comes_first() -> None:
    keys = pool("a", "b", "c")
    keys.chosen(10.0).rejected(error(RateLimitError, 1.0), 10.0)
    keys.chosen(20.0).rejected(error(RateLimitError, 1.0), 20.0)

    assert taken(keys, 30.0, 2) == ["c", "c"]
    keys.chosen(30.0).rejected(error(RateLimitError, 99.0), 30.0)
    assert taken(keys, 31.0, 2) == ["a", "a"]


def test_when_all_rest_the_one_that_is_free_first_is_taken() -> None:
    keys = pool("a", "b")

    assert keys.chosen(0.0).rejected(error(RateLimitError, 50.0), 0.0)
    assert not keys.chosen(0.0).rejected(error(RateLimitError, 20.0), 0.0)

    assert taken(keys, 1.0) == ["b"]


def test_a_refused_key_is_dropped_until_it_is_another() -> None:
    variables = {"A": "old"}
    source = VariableSource("A", Environment(variables))
    keys = Pool([Credential(ORIGIN, ((source, BEARER),)), key("b")])

    assert keys.chosen(0.0).rejected(error(AuthenticationError), 0.0)
    assert taken(keys, 1e6, 3) == ["b", "b", "b"]

    variables["A"] = "new"
    assert "A" in taken(keys, 1e6, 2)


def test_a_refused_key_is_taken_when_there_is_no_other_so_that_the_provider_can_say_it() -> None:
    keys = pool("a")

    assert not keys.chosen(0.0).rejected(error(AuthenticationError), 0.0)

    assert taken(keys, 1.0) == ["a"]


@pytest.mark.parametrize("kind", [ServerError, PermissionDeniedError])
def test_other_refusals_are_not_the_keys_fault(kind) -> None:
    keys = pool("a", "b")

    assert not keys.chosen(0.0).rejected(error(kind), 0.0)

    assert taken(keys, 0.0, 2) == ["b", "a"]


def test_an_absent_key_is_never_taken_before_one_that_rests() -> None:
    absent = Credential(ORIGIN, ((VariableSource("A", Environment({})), BEARER),), missing="set A")
    keys = Pool([absent, key("b")])
    keys.chosen(0.0).rejected(error(RateLimitError, 50.0), 0.0)

    assert taken(keys, 1.0) == ["b"]


def test_without_any_key_the_sentence_says_what_to_set() -> None:
    absent = Credential(ORIGIN, ((VariableSource("A", Environment({})), BEARER),), missing="set A")

    with pytest.raises(MissingCredentials, match="set A"):
        Pool([absent, absent]).authorize(REQUEST)


def test_each_request_carries_one_key() -> None:
    keys = pool("a", "b")

    sent = [keys.chosen(0.0).authorize(REQUEST, 0.0).headers for _ in range(2)]

    assert sent == [
        (("authorization", "Bearer secret-a"),),
        (("authorization", "Bearer secret-b"),),
    ]


def test_a_key_is_hidden_whoever_sent_it() -> None:
    keys = pool("a", "b")
    keys.chosen(0.0).authorize(REQUEST, 0.0)
    keys.chosen(0.0).authorize(REQUEST, 0.0)

    assert keys.redact(b"secret-a secret-b") == b"*** ***"
    assert "secret" not in repr(keys)


def test_a_rotated_key_is_the_only_one_from_then_on() -> None:
    keys = pool("a", "b")
    keys.chosen(0.0).rejected(error(RateLimitError), 0.0)

    keys.rotate("new")

    assert keys.authorize(REQUEST).headers == (("authorization", "Bearer new"),)
    assert keys.source_names == ("a",)


def test_a_pinned_pool_takes_no_other_key() -> None:
    keys = pool("a", "b")
    keys.pin("a stranger chose the address")

    with pytest.raises(ConfigError, match="stranger"):
        keys.rotate("new")


def test_one_key_is_no_pool_and_none_is_an_error() -> None:
    single = key("a")

    assert pool_of([single]) is single
    with pytest.raises(ConfigError, match="at least one"):
        pool_of([])
