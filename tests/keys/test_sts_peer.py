"""A role from another implementation of STS, through a whole client: moto stands for AWS."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fairlead.auth.origin import origin_of
from fairlead.auth.sources import Environment
from fairlead.engine.runtime import BlockingRuntime, drive
from fairlead.engine.tokens import Tokens
from fairlead.keys.clouds import aws_credential
from fairlead.transports.curl import BlockingCurlTransport
from fairlead.types.http import HttpRequest, HttpSettings

pytest.importorskip("moto", reason="moto is not installed")
URL = "https://bedrock-runtime.eu-west-1.amazonaws.com"
ARN = "arn:aws:iam::123456789012:role/reader"
PROFILE = f"""
[profile work]
role_arn = {ARN}
source_profile = base
[profile base]
aws_access_key_id = AKIABASE
aws_secret_access_key = secret
"""


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    command = [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
    server = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    assert server.stderr is not None
    try:
        for line in server.stderr:
            if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                yield found[0]
                break
        else:
            pytest.skip("moto's server does not start here")
    finally:
        server.kill()
        server.stderr.close()
        server.wait()


def sent(variables: dict[str, str]) -> dict[str, str]:
    """The headers that a request to Bedrock would go out with."""
    runtime = BlockingRuntime()
    transport = BlockingCurlTransport(HttpSettings())
    credential = aws_credential(
        origin_of(URL), Environment(variables), region="eu-west-1", missing="no credentials"
    )
    drive(Tokens(transport, runtime).renew(credential, runtime.now() + 30))
    drive(transport.aclose())
    request = HttpRequest("POST", f"{URL}/model/m/converse", (), b"{}")
    return dict(credential.authorize(request, runtime.wall()).headers)


def test_a_profiles_role_is_assumed(moto, tmp_path: Path) -> None:
    (tmp_path / "config").write_text(PROFILE)

    headers = sent(
        {
            "HOME": str(tmp_path),
            "AWS_CONFIG_FILE": str(tmp_path / "config"),
            "AWS_PROFILE": "work",
            "AWS_ENDPOINT_URL_STS": moto,
        }
    )

    assert re.search(r"Credential=ASIA\w+/\d+/eu-west-1/bedrock/", headers["authorization"])
    assert len(headers["x-amz-security-token"]) > 50


def test_a_services_token_is_exchanged(moto, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("a.jwt.token")

    headers = sent(
        {
            "HOME": str(tmp_path),
            "AWS_ROLE_ARN": ARN,
            "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token"),
            "AWS_ENDPOINT_URL_STS": moto,
        }
    )

    assert "Credential=ASIA" in headers["authorization"]
