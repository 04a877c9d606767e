"""CPU time of a signature for AWS, beside botocore's over the same request."""

from __future__ import annotations

from bench.measure import cpu_microseconds, taking_turns
from bench.sizes import Sizes
from bench.table import Row
from fairlead.auth.secret import Secret
from fairlead.auth.sigv4 import AwsKeys, Scope, Signer
from fairlead.types.http import HttpRequest

_REGION, _SERVICE = "us-east-1", "bedrock"
_ACCESS, _SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
_URL = (
    "https://bedrock-runtime.us-east-1.amazonaws.com/model/"
    "us.anthropic.claude-sonnet-4-20250514-v1%3A0/converse-stream"
)
_HEADERS = (
    ("content-type", "application/json"),
    ("accept", "application/vnd.amazon.eventstream"),
)
_BODY = b"x" * 2048
_WALL = 1763596800.0


def signing(sizes: Sizes, limit: float) -> Row:
    """Signing a request with a body of 2 KB, by a signer that has signed before."""
    count = sizes.signatures
    floor, fairlead = taking_turns(
        lambda: cpu_microseconds(lambda: _by_botocore(count), count),
        lambda: cpu_microseconds(lambda: _by_fairlead(count), count),
        sizes.rounds,
    )
    return Row("signing for AWS", "us/call", floor, fairlead, "ratio", limit)


def _by_botocore(count: int) -> None:
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    signer = SigV4Auth(Credentials(_ACCESS, _SECRET), _SERVICE, _REGION)
    for _ in range(count):
        request = AWSRequest("POST", _URL, dict(_HEADERS), _BODY)
        signer.add_auth(request)
        assert "authorization" in request.headers


def _by_fairlead(count: int) -> None:
    signer = Signer(Scope(_REGION, _SERVICE))
    keys = AwsKeys(_ACCESS, Secret(_SECRET))
    for _ in range(count):
        request = signer.sign(HttpRequest("POST", _URL, _HEADERS, _BODY), keys, _WALL)
        assert request.headers[-1][0] == "authorization"
