"""A credential goes into a header, for its own origin, and can be swapped while in use."""

from __future__ import annotations

import traceback

import pytest

from fairlead.auth.api_key import BEARER, Credential, HeaderForm
from fairlead.auth.origin import origin_of
from fairlead.auth.secret import Secret
from fairlead.auth.sources import Environment, ValueSource, VariableSource
from fairlead.errors import ConfigError, InvalidRequest, MissingCredentials
from fairlead.types.http import HttpRequest

CANARY = "sk-canary-0123456789"
ORIGIN = origin_of("https://api.example.com")


def credential(variables: dict[str, str], *, missing: str = "no key; set A or B") -> Credential:
    environment = Environment(variables)
    sources = (
        (VariableSource("A", environment), HeaderForm("x-api-key")),
        (VariableSource("B", environment), BEARER),
    )
    return Credential(ORIGIN, sources, form=HeaderForm("x-api-key"), missing=missing)


def request(url: str = "https://api.example.com/v1/chat") -> HttpRequest:
    return HttpRequest("POST", url, (("content-type", "application/json"),), b"{}")


def test_the_key_goes_into_the_header_and_nothing_else_changes() -> None:
    authorized = credential({"A": CANARY}).authorize(request())
    assert authorized.headers == (("content-type", "application/json"), ("x-api-key", CANARY))
    assert (authorized.method, authorized.url, authorized.body) == (
        "POST",
        "https://api.example.com/v1/chat",
        b"{}",
    )
    assert CANARY not in repr(authorized)


def test_the_first_source_that_holds_a_key_wins_with_its_own_header() -> None:
    found = credential({"B": "token"})
    assert found.key_name == "B"
    assert found.authorize(request()).headers[-1] == ("authorization", "Bearer token")
    assert credential({"A": "a", "B": "b"}).key_name == "A"


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/v1",
        "http://api.example.com/v1",
        "https://api.example.com:444/v1",
        "https://api.example.com.evil.example/v1",
        "https://api.example.com@evil.example/v1",
        "https://api.example.com\\@evil.example/v1",
        "https://evil.example/https://api.example.com/",
        "not a url",
    ],
)
def test_no_other_origin_gets_the_key(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        credential({"A": CANARY}).authorize(request(url))
    shown = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert CANARY not in "".join(text for text in shown.format() if "test_api_key" not in text)


@pytest.mark.parametrize("url", ["https://API.example.com/v1", "https://api.example.com:443/v1"])
def test_the_same_origin_in_other_spelling_gets_the_key(url: str) -> None:
    assert credential({"A": CANARY}).authorize(request(url)).headers[-1] == ("x-api-key", CANARY)


def test_without_any_key_the_error_names_the_variables() -> None:
    empty = credential({})
    assert empty.key_name is None
    assert empty.required
    with pytest.raises(MissingCredentials, match="set A or B"):
        empty.authorize(request())


def test_an_optional_key_that_is_absent_leaves_the_request_alone() -> None:
    optional = credential({}, missing="")
    assert not optional.required
    assert optional.authorize(request()) == request()


def test_a_new_value_of_the_variable_is_used_at_once() -> None:
    variables = {"A": "old"}
    live = credential(variables)
    assert live.authorize(request()).headers[-1][1] == "old"
    variables["A"] = "new"
    assert live.authorize(request()).headers[-1][1] == "new"


def test_a_rotated_key_is_used_from_the_next_request_on() -> None:
    live = credential({"B": "old"})
    live.rotate("new")
    assert live.key_name == "rotated key"
    assert live.authorize(request()).headers[-1] == ("x-api-key", "new")
    live.rotate(Secret("newer"))
    assert live.authorize(request()).headers[-1][1] == "newer"


def test_a_refused_rotation_keeps_the_old_key_and_shows_neither() -> None:
    live = credential({"A": "old"})
    with pytest.raises(ConfigError, match="the new key holds a line break") as caught:
        live.rotate(f"{CANARY}\n")
    assert CANARY not in str(caught.value)
    assert live.authorize(request()).headers[-1][1] == "old"


def test_a_header_that_is_there_already_is_refused() -> None:
    taken = HttpRequest("GET", "https://api.example.com/", (("X-Api-Key", "mine"),))
    with pytest.raises(InvalidRequest, match="x-api-key"):
        credential({"A": CANARY}).authorize(taken)


def test_a_header_that_is_there_already_shows_no_key_of_the_request_before() -> None:
    used = credential({"A": CANARY})
    used.authorize(request())
    taken = HttpRequest("GET", "https://api.example.com/", (("X-Api-Key", "mine"),))
    with pytest.raises(InvalidRequest) as caught:
        used.authorize(taken)
    frames = traceback.StackSummary.extract(
        traceback.walk_tb(caught.value.__traceback__), capture_locals=True
    )
    assert CANARY not in str([one.locals for one in frames if "test_api_key" not in one.filename])


def test_a_key_that_cannot_be_used_is_named_and_not_raised_by_key_name() -> None:
    broken = credential({"A": f"{CANARY}\n", "B": "fine"})
    assert broken.broken_source == "A"
    assert broken.key_name is None
    with pytest.raises(ConfigError, match="A holds a line break"):
        broken.authorize(request())
    broken.rotate("good")
    assert broken.broken_source is None


def test_a_credential_shows_names_and_no_keys() -> None:
    source = ValueSource("[providers.x] key", Secret(CANARY))
    shown = repr(Credential(ORIGIN, ((source, BEARER),)))
    assert shown == "Credential([providers.x] key for https://api.example.com)"


def test_keys_that_a_server_sends_back_are_hidden() -> None:
    variables = {"A": "bce-v3/old-key"}
    live = credential(variables)
    body = rb'{"error": "bad key bce-v3/old-key, or bce-v3\/old-key"}'
    assert live.redact(body) == body
    live.authorize(request())
    assert live.redact(body) == b'{"error": "bad key ***, or ***"}'


def test_the_key_before_a_rotation_is_hidden_too() -> None:
    live = credential({"A": CANARY})
    live.authorize(request())
    live.rotate("the-new-key")
    live.authorize(request())
    live.authorize(request())
    assert live.redact(f"{CANARY} the-new-key".encode()) == b"*** ***"


def test_a_key_of_a_letter_does_not_eat_the_text() -> None:
    live = credential({"A": "k"})
    live.authorize(request())
    assert live.redact(b"keep this") == b"keep this"
