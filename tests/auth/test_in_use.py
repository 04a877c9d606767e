"""What tells one who asks from another: the secrets that are in use, or that nobody knows yet."""

from __future__ import annotations

from tests.engine.granting import credential, source

from fairlead.auth.api_key import BEARER, Credential
from fairlead.auth.aws import AwsCredential
from fairlead.auth.leased import Lease, Leased
from fairlead.auth.origin import origin_of
from fairlead.auth.pool import Pool
from fairlead.auth.secret import Secret
from fairlead.auth.sigv4 import AwsKeys, Scope
from fairlead.auth.sources import ValueSource
from fairlead.errors import ConfigError
from fairlead.ports import Flow

ORIGIN = origin_of("https://api.example")
WALL = 1_700_000_000.0


def key(*values: str, missing: str = "") -> Credential:
    sources = tuple((ValueSource(value, Secret(value)), BEARER) for value in values)
    return Credential(ORIGIN, sources, missing=missing)


def revealed(secrets: tuple[Secret, ...] | None) -> list[str] | None:
    return None if secrets is None else [secret.reveal() for secret in secrets]


def test_of_several_sources_the_first_key_is_in_use_until_it_is_rotated() -> None:
    own = key("k-1", "k-2")
    assert revealed(own.in_use(WALL)) == ["k-1"]

    own.rotate("k-3")
    assert revealed(own.in_use(WALL)) == ["k-3"]


def test_without_a_key_nothing_is_in_use() -> None:
    assert key().in_use(WALL) == ()
    assert key(missing="set KEY").in_use(WALL) == ()


def test_of_a_key_that_cannot_be_read_nobody_knows() -> None:
    class Broken:
        name = "KEY"

        def read(self) -> None:
            raise ConfigError("KEY holds a line break")

    assert Credential(ORIGIN, ((Broken(), BEARER),)).in_use(WALL) is None


def test_a_token_is_not_known_before_it_was_fetched() -> None:
    own = source()
    token = credential("https://api.example", own)
    assert token.in_use(WALL) is None

    own._value, own._expires, own._renew_at = Secret("t-1"), WALL + 900, WALL + 600
    assert revealed(token.in_use(WALL)) == ["t-1"]
    assert revealed(token.in_use(WALL + 700)) == ["t-1"], "an early renewal is not required"
    assert token.in_use(WALL + 901) is None


def test_of_a_pool_all_keys_are_in_use_and_asking_takes_nobodys_turn() -> None:
    pool = Pool((key("k-1"), key("k-2"), key()))
    turns = [pool.chosen(WALL).key_name]

    assert [revealed(pool.in_use(WALL)) for _ in range(3)] == [["k-1", "k-2"]] * 3
    turns += [pool.chosen(WALL).key_name for _ in range(2)]
    assert turns == ["k-1", "k-2", "k-1"]


def test_of_a_pool_with_a_key_that_must_be_fetched_nobody_knows() -> None:
    pool = Pool((key("k-1"), credential("https://api.example")))

    assert pool.in_use(WALL) is None


def test_a_key_pair_is_told_by_its_secret() -> None:
    def grant(wall: float) -> Flow[Lease[AwsKeys] | None]:
        yield from ()
        return Lease(AwsKeys("AKIA", Secret("pair")))

    place = Leased("the environment", grant, named=lambda: True)
    scope = Scope("us-east-1", "bedrock")
    own = AwsCredential(ORIGIN, (), (place,), scope, missing="no key pair")
    assert own.in_use(WALL) is None

    place._value, place._renew_at, place._expires = AwsKeys("A", Secret("pair")), WALL * 2, WALL * 2
    assert revealed(own.in_use(WALL)) == ["pair"]
