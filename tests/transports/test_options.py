"""Which addresses a proxy is never asked for."""

from __future__ import annotations

import pytest

from fairlead.transports.curl.options import unproxied
from fairlead.types.http import HttpSettings

LINK = "169.254.0.0/16,fe80::/10,fd00:ec2::/32"


@pytest.mark.parametrize(
    ("given", "left_out"),
    [(None, LINK), ("", LINK), ("example.com,.local", f"{LINK},example.com,.local"), ("*", "*")],
)
def test_a_machines_own_credentials_go_through_no_proxy(monkeypatch, given, left_out) -> None:
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    if given is not None:
        monkeypatch.setenv("no_proxy", given)

    assert unproxied(HttpSettings(trust_env=True)) == left_out


def test_the_environment_has_no_say_in_a_proxy_of_the_settings(monkeypatch) -> None:
    monkeypatch.setenv("no_proxy", "*")

    assert unproxied(HttpSettings(proxy="http://proxy.example")) == LINK
