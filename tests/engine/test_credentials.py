"""A refused secret is replaced once, before the commit and in sight; of several each has a turn."""

from __future__ import annotations

import pytest
from tests.engine.granting import LIFE, TOKEN_URL, credential, granted, refused

from fairlead.auth.api_key import BEARER, Credential
from fairlead.auth.origin import origin_of
from fairlead.auth.pool import Pool
from fairlead.auth.secret import Secret
from fairlead.auth.sources import ValueSource
from fairlead.errors import (
    ApiError,
    AuthenticationError,
    DeadlineExceeded,
    MissingCredentials,
    RateLimitError,
    ServerError,
    StreamInterrupted,
)
from fairlead.policies.retry import RetryPolicy
from fairlead.testing.memory import Answer, Pause, sse

ORIGIN = "http://127.0.0.1:9"
FINE = Answer((b"{}",))
DENIED = Answer((b'{"error":{"message":"who are you?"}}',), status=401)
DOWN = Answer((b"{}",), status=500)


def busy(after: str | None = None) -> Answer:
    headers = () if after is None else (("retry-after", after),)
    return Answer((b"{}",), status=429, headers=headers)


def keys_sent(rig) -> list[str]:
    """What each request to the provider carried."""
    found = [dict(request.headers).get("authorization") for request in rig.transport.requests]
    return [value.removeprefix("Bearer ") for value in found if value is not None]


def pool(*keys: str) -> Pool:
    def one(key: str) -> Credential:
        return Credential(
            origin_of(ORIGIN), ((ValueSource(f"name of {key}", Secret(key)), BEARER),)
        )

    return Pool([one(key) for key in keys])


def age(rig) -> None:
    """Let the token in use be older than the renewal that a refusal would come right after."""
    rig.runtime.advance(60)


def test_a_token_is_fetched_before_the_request_and_is_no_attempt(rig) -> None:
    rig.serve(granted("one"), FINE)

    result = rig.run(rig.call(credential=credential(ORIGIN))).result()

    assert keys_sent(rig) == ["one"]
    assert len(result.receipt.attempts) == 1
    assert result.receipt.key_name == "the sign-in"


def test_a_refused_token_is_renewed_and_the_request_sent_once_more(rig) -> None:
    rig.policy = RetryPolicy(max_retries=0)
    rig.serve(granted("one"), FINE, DENIED, granted("two"), FINE)
    shared = credential(ORIGIN)
    rig.run(rig.call(credential=shared))
    age(rig)

    result = rig.run(rig.call(credential=shared)).result()

    assert keys_sent(rig) == ["one", "one", "two"]
    assert [attempt.status for attempt in result.receipt.attempts] == [401, 200]
    assert rig.runtime.slept == []


def test_a_new_token_that_is_refused_too_ends_the_call(rig) -> None:
    rig.serve(granted("one"), DENIED, granted("two"), DENIED, FINE)

    with pytest.raises(AuthenticationError) as caught:
        rig.run(rig.call(credential=credential(ORIGIN)))

    assert keys_sent(rig) == ["one", "two"]
    assert len(caught.value.receipt.attempts) == 2


def test_a_token_that_came_meanwhile_is_used_instead_of_a_third(rig) -> None:
    """Two calls were refused with the same token; the first of them has renewed it."""
    shared = credential(ORIGIN)
    rig.serve(granted("one"), FINE, DENIED, granted("two"), FINE)
    rig.run(rig.call(credential=shared))
    sent_by_the_other = rig.runtime.wall()
    age(rig)
    rig.run(rig.call(credential=shared))

    error = AuthenticationError("who are you?", status=401, target="agent/run")

    assert shared.rejected(error, sent_by_the_other)
    assert shared.renewal(rig.runtime.wall()) is None
    assert [r.url for r in rig.transport.requests].count(TOKEN_URL) == 2


def test_a_plain_key_that_is_refused_is_not_sent_again(rig) -> None:
    key = Credential(origin_of(ORIGIN), ((ValueSource("key", Secret("one")), BEARER),))
    rig.serve(DENIED, FINE)

    with pytest.raises(AuthenticationError):
        rig.run(rig.call(credential=key))

    assert keys_sent(rig) == ["one"]


def test_a_renewal_that_fails_ends_the_call_before_anything_is_sent(rig) -> None:
    rig.serve(refused("invalid_grant"), FINE)

    with pytest.raises(MissingCredentials, match="log in again") as caught:
        rig.run(rig.call(credential=credential(ORIGIN)))

    assert keys_sent(rig) == []
    assert caught.value.receipt.attempts == ()


def test_a_sign_in_server_that_is_down_shows_in_the_receipt_and_is_asked_three_times(rig) -> None:
    rig.serve(DOWN, DOWN, DOWN)

    with pytest.raises(ServerError) as caught:
        rig.run(rig.call(credential=credential(ORIGIN)))

    (attempt,) = caught.value.receipt.attempts
    assert attempt.error.startswith("ServerError: the sign-in")
    assert (attempt.status, attempt.bytes_out, attempt.possibly_billed) == (None, 0, False)


def test_a_refusal_by_the_sign_in_server_is_none_by_the_provider(rig) -> None:
    """Its 401 must not drop a token that the provider has not refused."""
    shared = credential(ORIGIN)
    rig.serve(granted("one"), FINE, refused("invalid_client", 401), FINE)
    rig.run(rig.call(credential=shared))
    rig.runtime.advance(LIFE - 100)

    rig.run(rig.call(credential=shared))

    assert keys_sent(rig) == ["one", "one"]


def test_waiting_for_a_token_counts_against_the_deadline(rig) -> None:
    rig.serve(Answer((b"{}",), delay=9))

    with pytest.raises(DeadlineExceeded):
        rig.run(rig.call(credential=credential(ORIGIN), allowed=3))

    assert rig.runtime.now() <= 1003


def test_after_the_commit_nothing_is_sent_again(rig) -> None:
    cut = sse('{"a":1}')
    broken = Answer((*cut.body, Pause(1e6)), headers=cut.headers)
    rig.serve(granted("one"), broken, granted("two"), FINE)

    reply = rig.run(rig.call(credential=credential(ORIGIN), stream=True))
    with pytest.raises(StreamInterrupted):
        rig.events(reply)

    assert keys_sent(rig) == ["one"]


def test_a_replay_takes_nothing_from_the_retries(rig) -> None:
    rig.policy = RetryPolicy(max_retries=1)
    shared = credential(ORIGIN)
    rig.serve(granted("one"), FINE, DENIED, granted("two"), DOWN, FINE)
    rig.run(rig.call(credential=shared))
    age(rig)

    result = rig.run(rig.call(credential=shared)).result()

    assert [attempt.status for attempt in result.receipt.attempts] == [401, 500, 200]


def test_a_limited_key_gives_way_to_the_next_without_waiting(rig) -> None:
    rig.serve(busy(), FINE)

    result = rig.run(rig.call(credential=pool("a", "b"))).result()

    assert keys_sent(rig) == ["a", "b"]
    assert rig.runtime.slept == []
    assert result.receipt.key_name == "name of b"


def test_each_key_is_tried_once_and_then_the_hint_is_waited_for(rig) -> None:
    rig.serve(busy("5"), busy("9"), FINE)

    result = rig.run(rig.call(credential=pool("a", "b"))).result()

    assert keys_sent(rig) == ["a", "b", "a"]
    assert len(rig.runtime.slept) == 1
    assert [attempt.status for attempt in result.receipt.attempts] == [429, 429, 200]


def test_keys_that_are_all_limited_end_in_the_providers_error(rig) -> None:
    rig.policy = RetryPolicy(max_retries=0)
    rig.serve(busy(), busy(), busy(), FINE)

    with pytest.raises(RateLimitError) as caught:
        rig.run(rig.call(credential=pool("a", "b", "c")))

    assert keys_sent(rig) == ["a", "b", "c"]
    assert len(caught.value.receipt.attempts) == 3


def test_of_a_large_pool_not_every_key_is_spent_on_one_call(rig) -> None:
    rig.policy = RetryPolicy(max_retries=0)
    rig.serve(*[busy()] * 30)

    with pytest.raises(RateLimitError) as caught:
        rig.run(rig.call(credential=pool(*(f"k{number}" for number in range(30)))))

    assert len(caught.value.receipt.attempts) == 9


def test_the_receipt_names_the_key_of_its_own_call(rig) -> None:
    """Two calls at once on one pool: neither receipt tells the other's key."""
    shared = pool("a", "b")
    rig.serve(FINE, FINE)
    first, second = rig.call(credential=shared), rig.call(credential=shared)

    replies = [rig.run(first), rig.run(second)]

    names = [reply.result().receipt.key_name for reply in replies]
    assert names == ["name of a", "name of b"]


@pytest.mark.parametrize(
    ("name", "status", "remedy"),
    [
        ("A_KEY", 401, "the credential is that of A_KEY: correct or renew it"),
        ("login google", 401, "the credential is that of login google: run fairlead login google"),
        ("A_KEY", 403, "the credential is that of A_KEY: let it do this, or use another"),
        ("A_KEY", 404, None),
    ],
)
def test_a_refusal_says_whose_secret_it_was_and_what_to_do(rig, name, status, remedy) -> None:
    key = Credential(origin_of(ORIGIN), ((ValueSource(name, Secret("one")), BEARER),))
    rig.serve(Answer((b'{"error":{"message":"no"}}',), status=status))

    with pytest.raises(ApiError) as caught:
        rig.run(rig.call(credential=key))

    if remedy is None:
        assert caught.value.remedy is None
    else:
        assert remedy in str(caught.value)


def test_of_several_keys_the_refused_one_is_named(rig) -> None:
    rig.policy = RetryPolicy(max_retries=0)
    rig.serve(DENIED, DENIED)

    with pytest.raises(AuthenticationError, match="that of name of two"):
        rig.run(rig.call(credential=pool("one", "two")))
