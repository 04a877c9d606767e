"""What is near enough for plain http, and what is secure enough for a secret."""

from __future__ import annotations

import pytest

from fairlead.auth.metadata import near_url, secure_url
from fairlead.errors import ConfigError

NEAR = [
    "http://127.0.0.1:8080/x",
    "http://localhost/x",
    "http://[::1]/x",
    "http://169.254.169.254/latest",
    "http://[fe80::1]/x",
    "http://[fd00:ec2::254]/x",
]
FAR = [
    "http://example.com/x",
    "http://10.0.0.1/x",
    "http://192.168.1.1/x",
    "http://localhost.example.com/x",
    "http://169.254.169.254.example.com/x",
    "http://[::ffff:169.254.169.254]/x",
    "http://[fd00::1]/x",
    "http://0xa9fea9fe/x",
]


@pytest.mark.parametrize("url", NEAR)
def test_this_machine_and_its_link_are_near(url) -> None:
    assert near_url(url, what="X") == url


@pytest.mark.parametrize("url", [*FAR, "https://example.com", "nonsense", "http://u:p@127.0.0.1/"])
def test_whatever_else_is_refused_by_the_name_of_its_setting(url) -> None:
    with pytest.raises(ConfigError, match="X cannot be used"):
        near_url(url, what="X")


@pytest.mark.parametrize("url", ["https://example.com/token", "http://127.0.0.1:1/token"])
def test_a_secret_may_go_over_https_or_stay_here(url) -> None:
    assert secure_url(url, what="X") == url


@pytest.mark.parametrize("url", [*FAR, "http://169.254.169.254/", "ftp://example.com", ""])
def test_a_secret_goes_nowhere_in_the_clear(url) -> None:
    with pytest.raises(ConfigError, match="X cannot be used"):
        secure_url(url, what="X")
