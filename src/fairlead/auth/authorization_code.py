"""The authorization code flow with PKCE (RFC 6749, 7636, 8252): the address, the code, the tokens.

OpenRouter's own form of it gives a key in place of tokens.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from fairlead.auth.flow import send
from fairlead.auth.login_providers import LoginService
from fairlead.auth.pkce import challenge_of, new_state, new_verifier, same_state
from fairlead.auth.secret import Secret
from fairlead.auth.token_answer import Grant, form_request, grant_of
from fairlead.errors import ConfigError, MissingCredentials
from fairlead.ports import Flow
from fairlead.types.http import HttpRequest


class OAuthClient(Struct, frozen=True):
    """The user's own client at a service; empty for a service that knows no clients."""

    id: str = ""
    secret: Secret | None = None


class Question(Struct, frozen=True):
    """One sign-in under way: what ties its answer to it. Of use once."""

    service: LoginService
    client: OAuthClient
    verifier: Secret
    state: str
    redirect: str = ""

    @classmethod
    def new(cls, service: LoginService, client: OAuthClient) -> Question:
        return cls(service, client, new_verifier(), new_state())

    @property
    def url(self) -> str:
        """Where a person signs in; it shows the state and the challenge, and no secret."""
        service = self.service
        proof = [
            ("code_challenge", challenge_of(self.verifier)),
            ("code_challenge_method", "S256"),
        ]
        if service.answer == "key":
            # It sends back no state, so that the redirect's path has to carry it.
            fields = [("callback_url", self.redirect), *proof]
        else:
            fields = [
                ("response_type", "code"),
                ("client_id", self.client.id),
                ("redirect_uri", self.redirect),
                ("scope", " ".join(service.scopes)),
                ("state", self.state),
                *proof,
                *service.parameters,
            ]
        return f"{service.authorize_url}?{urlencode(fields)}"

    @property
    def path(self) -> str:
        """The path of the redirect, of use once."""
        return f"/callback/{self.state}" if self.service.answer == "key" else "/callback"

    def code_of(self, answer: Mapping[str, str]) -> Secret:
        """The code of a redirect's parameters.

        Raises `MissingCredentials` where the person or the service said no, or where the answer
        belongs to another question.
        """
        title, command = self.service.title, f"fairlead login {self.service.name}"
        state = answer.get("state")
        if state is None and self.service.answer == "key":
            state = self.state  # the path has proved it
        if state is None or not same_state(state, self.state):
            raise MissingCredentials(
                f"{title}: the answer belongs to another sign-in (its state differs); run {command}"
            )
        issuer = answer.get("iss")
        if issuer is not None and self.service.issuer and issuer != self.service.issuer:
            raise MissingCredentials(
                f"{title}: the answer came from another service; run {command}"
            )
        if "error" in answer:
            raise MissingCredentials(_said_no(title, answer["error"], command))
        try:
            return Secret(answer.get("code", ""), what="the code")
        except ConfigError:
            problem = f"{title}: the answer holds no code; run {command}"
        raise MissingCredentials(problem)


def exchange(question: Question, code: Secret) -> Flow[Grant]:
    """The tokens for a code. Raises what `grant_of` raises."""
    service = question.service
    response = yield from send(_exchange_request(question, code))
    return grant_of(response, service.title, f"fairlead login {service.name}")


def revocation(service: LoginService, token: Secret) -> Flow[bool]:
    """Tell the service to forget a token (RFC 7009); whether it did."""
    response = yield from send(form_request(service.revoke_url, [("token", token.reveal())]))
    return response.status == 200


def _exchange_request(question: Question, code: Secret) -> HttpRequest:
    if question.service.answer == "key":
        body = {
            "code": code.reveal(),
            "code_verifier": question.verifier.reveal(),
            "code_challenge_method": "S256",
        }
        headers = (("accept", "application/json"), ("content-type", "application/json"))
        url = question.service.token_url
        return HttpRequest("POST", url, headers, msgspec.json.encode(body))
    fields = [
        ("grant_type", "authorization_code"),
        ("code", code.reveal()),
        ("redirect_uri", question.redirect),
        ("client_id", question.client.id),
        ("code_verifier", question.verifier.reveal()),
    ]
    if question.client.secret is not None:
        fields.append(("client_secret", question.client.secret.reveal()))
    return form_request(question.service.token_url, fields)


def _said_no(title: str, code: str, command: str) -> str:
    if code == "access_denied":
        return f"{title}: access was denied in the browser; run {command} to try again"
    shown = code if code.isascii() and code.isidentifier() and len(code) <= 40 else "no reason"
    return f"{title} did not sign you in ({shown}); run {command} to try again"
