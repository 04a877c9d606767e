"""Microsoft Entra: an application's secret, a workload's token, a machine's identity."""

from __future__ import annotations

import pytest
from tests.auth.flows import CANARY, Dialogue, answer, everything_about, form

from fairlead.auth.entra import SCOPE, ClientSecret, Library, ManagedIdentity, Workload
from fairlead.auth.leased import Lease
from fairlead.auth.secret import Secret
from fairlead.auth.sources import Environment
from fairlead.errors import (
    ConfigError,
    ConnectTimeout,
    DecodeError,
    MissingCredentials,
    RateLimitError,
    ServerError,
)

APPLICATION = {
    "AZURE_TENANT_ID": "my-tenant",
    "AZURE_CLIENT_ID": "my-client",
    "AZURE_CLIENT_SECRET": CANARY,
}
TOKEN = {"access_token": "eyJ.token", "expires_in": 3599, "token_type": "Bearer"}
MANAGED = {"access_token": "eyJ.token", "expires_on": "1788256800", "token_type": "Bearer"}


def application(**changes: str) -> ClientSecret:
    return ClientSecret(Environment({**APPLICATION, **changes}), SCOPE)


def managed(**variables: str) -> ManagedIdentity:
    return ManagedIdentity(Environment(variables), SCOPE)


def test_an_applications_secret_is_exchanged_at_its_tenant() -> None:
    talk = Dialogue(answer(TOKEN))

    lease = talk.run(application().grant(1000.0))

    assert talk.asked.url == "https://login.microsoftonline.com/my-tenant/oauth2/v2.0/token"
    assert form(talk.asked) == {
        "grant_type": "client_credentials",
        "client_id": "my-client",
        "scope": "https://cognitiveservices.azure.com/.default",
        "client_secret": CANARY,
    }
    assert (lease.value.reveal(), lease.expires) == ("eyJ.token", 4599.0)


def test_the_token_of_a_workload_is_read_anew_each_time(tmp_path) -> None:
    file = tmp_path / "token"
    variables = {**APPLICATION, "AZURE_FEDERATED_TOKEN_FILE": str(file)}
    place = Workload(Environment(variables), SCOPE)
    talk = Dialogue(answer(TOKEN), answer(TOKEN))

    for token in ("first", "second"):
        file.write_text(token)
        talk.run(place.grant(0.0))

    sent = [form(request) for request in talk.requests]
    assert [fields["client_assertion"] for fields in sent] == ["first", "second"]
    assert sent[0]["client_assertion_type"].endswith(":jwt-bearer")
    assert "client_secret" not in sent[0]


def test_a_workload_without_its_file_is_named() -> None:
    place = Workload(Environment({**APPLICATION, "AZURE_FEDERATED_TOKEN_FILE": "/none"}), SCOPE)

    with pytest.raises(ConfigError, match="/none holds no token"):
        Dialogue().run(place.grant(0.0))


@pytest.mark.parametrize("missing", APPLICATION)
def test_an_application_needs_all_of_its_variables(missing) -> None:
    variables = {name: value for name, value in APPLICATION.items() if name != missing}

    assert ClientSecret(Environment(APPLICATION), SCOPE).named()
    assert not ClientSecret(Environment(variables), SCOPE).named()


def test_other_clouds_have_their_own_authority() -> None:
    for given in ("https://login.chinacloudapi.cn/", "login.chinacloudapi.cn"):
        talk = Dialogue(answer(TOKEN))
        talk.run(application(AZURE_AUTHORITY_HOST=given).grant(0.0))
        assert talk.asked.url.startswith("https://login.chinacloudapi.cn/my-tenant/")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"AZURE_AUTHORITY_HOST": "http://login.example"}, "AZURE_AUTHORITY_HOST"),
        ({"AZURE_AUTHORITY_HOST": "https://u:p@login.example"}, "AZURE_AUTHORITY_HOST"),
        ({"AZURE_TENANT_ID": "../../evil"}, "AZURE_TENANT_ID"),
        ({"AZURE_TENANT_ID": "t?x=y"}, "AZURE_TENANT_ID"),
    ],
)
def test_a_secret_goes_nowhere_else(changes, sentence) -> None:
    talk = Dialogue()

    with pytest.raises(ConfigError, match=sentence) as caught:
        talk.run(application(**changes).grant(0.0))

    assert talk.requests == []
    assert CANARY not in everything_about(caught.value)


@pytest.mark.parametrize(
    ("body", "status", "kind", "sentence"),
    [
        (
            {"error": "invalid_client", "error_description": CANARY},
            401,
            MissingCredentials,
            "CLIENT",
        ),
        ({"error": "unauthorized_client"}, 400, MissingCredentials, "AZURE_TENANT_ID"),
        ({"error": "temporarily_unavailable"}, 503, ServerError, "Entra"),
        ({}, 429, RateLimitError, "Entra"),
        (b"<html>", 200, DecodeError, "token"),
    ],
)
def test_a_refusal_says_what_to_do_and_quotes_nothing(body, status, kind, sentence) -> None:
    with pytest.raises(kind, match=sentence) as caught:
        Dialogue(answer(body, status)).run(application().grant(0.0))

    assert CANARY not in everything_about(caught.value)


def test_a_machine_is_asked_for_its_identity() -> None:
    talk = Dialogue(answer(MANAGED))

    lease = talk.run(managed().grant(0.0))

    assert talk.asked.url == (
        "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01"
        "&resource=https%3A%2F%2Fcognitiveservices.azure.com"
    )
    assert talk.asked.headers == (("metadata", "true"),)
    assert (lease.value.reveal(), lease.expires) == ("eyJ.token", 1788256800.0)


def test_one_identity_of_several_is_chosen_by_its_client() -> None:
    talk = Dialogue(answer(MANAGED))

    talk.run(managed(AZURE_CLIENT_ID="mine").grant(0.0))

    assert talk.asked.url.endswith("&client_id=mine")


@pytest.mark.parametrize("reply", [ConnectTimeout("nobody"), answer(b"", 404), answer(b"", 400)])
def test_what_is_no_machine_of_azures_holds_nothing(reply) -> None:
    assert Dialogue(reply).run(managed().grant(0.0)) is None


def test_an_app_service_is_asked_with_its_header() -> None:
    service = {
        "IDENTITY_ENDPOINT": "http://169.254.129.3:8081/msi/token",
        "IDENTITY_HEADER": CANARY,
    }
    talk = Dialogue(answer(MANAGED))

    talk.run(managed(**service).grant(0.0))

    assert talk.asked.url.startswith("http://169.254.129.3:8081/msi/token?api-version=2019-08-01&")
    assert talk.asked.headers == (("x-identity-header", CANARY),)


@pytest.mark.parametrize(
    ("service", "sentence"),
    [
        ({"IDENTITY_ENDPOINT": "https://evil.example", "IDENTITY_HEADER": CANARY}, "ENDPOINT"),
        ({"IDENTITY_ENDPOINT": "http://127.0.0.1:1"}, "IDENTITY_HEADER"),
        ({"IDENTITY_ENDPOINT": "http://127.0.0.1:1", "IDENTITY_HEADER": CANARY + "\n"}, "line"),
    ],
)
def test_an_app_services_header_stays_on_the_machine(service, sentence) -> None:
    talk = Dialogue()

    with pytest.raises(ConfigError, match=sentence) as caught:
        talk.run(managed(**service).grant(0.0))

    assert talk.requests == []
    assert CANARY not in everything_about(caught.value)


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b'{"access_token":"a"}x', b'{"access_token":"a","expires_on":"soon"}', b"\xff"],
)
def test_nonsense_of_a_machine_is_a_typed_error(body) -> None:
    with pytest.raises(DecodeError):
        Dialogue(answer(body)).run(managed().grant(0.0))


def test_a_machine_without_the_right_is_told_apart_from_a_failing_one() -> None:
    with pytest.raises(MissingCredentials, match="AZURE_CLIENT_ID"):
        Dialogue(answer(b"", 403)).run(managed().grant(0.0))
    with pytest.raises(ServerError):
        Dialogue(answer(b"", 500)).run(managed().grant(0.0))


def test_the_library_is_asked_off_the_loop() -> None:
    lease = Lease(Secret("eyJ"), 5.0)

    assert Dialogue().run(Library(lambda: lease).grant(0.0)) is lease
    assert Dialogue().run(Library(lambda: None).grant(0.0)) is None
