"""Signing in and out, step by step: what is asked of the service, shown to the person and kept."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from msgspec.structs import replace

from fairlead.auth.account import account_name
from fairlead.auth.authorization_code import OAuthClient, Question, exchange, revocation
from fairlead.auth.device_flow import ask, poll
from fairlead.auth.login import Login
from fairlead.auth.login_providers import LoginService
from fairlead.auth.token_answer import Grant
from fairlead.cli.countdown import Countdown
from fairlead.cli.terminal import is_terminal, note, write
from fairlead.errors import FairleadError, MissingCredentials

if TYPE_CHECKING:
    from fairlead.keys.token_store import TokenStore
    from fairlead.ports import Flow, Transport
    from fairlead.settings import Settings

T_ = TypeVar("T_")


class Line:
    """Runs flows, blocking, over one transport. A context manager that closes it."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def run(self, flow: Flow[T_]) -> T_:
        from fairlead.engine.flows import run_flow
        from fairlead.engine.runtime import BlockingRuntime, drive

        return drive(run_flow(flow, transport=self._transport, runtime=BlockingRuntime()))

    def close(self) -> None:
        from fairlead.engine.runtime import drive

        drive(self._transport.aclose())


@contextmanager
def line(settings: Settings) -> Iterator[Line]:
    """A line over libcurl, with the proxy and the certificates of the settings."""
    from fairlead.transports.curl import BlockingCurlTransport

    opened = Line(BlockingCurlTransport(settings.transport_http(), settings.limits))
    try:
        yield opened
    finally:
        opened.close()


def sign_in(
    service: LoginService, client: OAuthClient, store: TokenStore, through: Line, *, browser: bool
) -> Login:
    """Sign a person in, and keep the login. `browser` lets one be opened where there is a screen.

    Raises `MissingCredentials` where the person or the service said no, or time ran out.
    """
    ways = {"redirect": _by_redirect, "device": _by_code}
    grant = ways[service.flow](service, client, through, browser)
    now = time.time()
    login = Login(
        service=service.name,
        access=grant.access,
        refresh=grant.refresh,
        obtained_at=now,
        expires_at=None if grant.lifetime is None else now + grant.lifetime,
        scope=grant.scope,
        account=grant.account or _asked_name(service, grant, through),
        client_id=client.id,
        client_secret=client.secret,
        host=service.host,
    )
    with _held(store, service.name):
        store.write(service.name, login)
    return login


def sign_out(service: LoginService, store: TokenStore, through: Line) -> bool:
    """Forget the login, and have the service forget it where it offers that; whether there was one.

    A service that does not answer keeps nobody signed in.
    """
    with _held(store, service.name):
        try:
            login = store.read(service.name)
        except FairleadError:
            login = None  # a damaged one is deleted like any other
        if not store.delete(service.name):
            return False
    revoked = login is not None and bool(service.revoke_url) and _revoked(service, login, through)
    if not revoked:
        note(f"{service.title} was not told; end the access itself at {service.manage}")
    return True


def _by_redirect(service: LoginService, client: OAuthClient, through: Line, browser: bool) -> Grant:
    from fairlead.keys.loopback import RedirectReceiver

    question = Question.new(service, client)
    with RedirectReceiver(question.path) as receiver:
        question = replace(question, redirect=receiver.address + question.path)
        _show(f"to sign in to {service.title}, open", question.url, browser)
        if os.environ.get("SSH_CONNECTION"):
            port = receiver.address.rpartition(":")[2]
            note(f"your browser comes back here over ssh -L {port}:127.0.0.1:{port}, run first")
        with Countdown("waiting for the browser") as countdown:
            answer = receiver.wait(waiting=countdown)
    # Nobody listens any more: what comes now can change nothing.
    if answer is None:
        raise MissingCredentials(
            f"nobody signed in to {service.title} within five minutes; "
            f"run fairlead login {service.name} again"
        )
    return through.run(exchange(question, question.code_of(answer)))


def _by_code(service: LoginService, client: OAuthClient, through: Line, browser: bool) -> Grant:
    device = through.run(ask(service, client))
    write(f"{device.user_code}\n")
    _show(f"to sign in to {service.title}, type this code at", device.url, browser)
    until = time.monotonic() + device.lifetime
    with Countdown("waiting for the code to be typed") as countdown:
        return through.run(
            poll(service, client, device, lambda seconds: countdown.sleep(seconds, until))
        )


def _show(text: str, url: str, browser: bool) -> None:
    from fairlead.keys.browser import open_browser

    note(text)
    write(f"{url}\n")
    if browser and is_terminal(sys.stderr) and open_browser(url):
        note("a browser is being opened")


def _asked_name(service: LoginService, grant: Grant, through: Line) -> str:
    try:
        return through.run(account_name(service, grant.access))
    except FairleadError:
        return ""  # whoever it is, they are signed in


def _revoked(service: LoginService, login: Login, through: Line) -> bool:
    try:
        return through.run(revocation(service, login.refresh or login.access))
    except FairleadError:
        return False


@contextmanager
def _held(store: TokenStore, name: str) -> Iterator[None]:
    """Keeps a renewal that is under way from writing back what is replaced or deleted here."""
    lock = store.lock(name)
    try:
        lock.acquire()
        yield
    finally:
        lock.release()
