"""AWS's own vectors for signatures, read from the corpus."""

from __future__ import annotations

import json
from hashlib import sha256

import msgspec
import pytest
from msgspec import structs
from tests.conformance.corpus import CORPUS

from fairlead.types.http import HttpRequest

KEYS = ("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
TOKEN = "x-amz-security-token"
OURS = ("host", "x-amz-date", TOKEN)


class Vector(msgspec.Struct):
    """A request with its canonical form and its signature. `late_token` is added unsigned."""

    name: str
    request: HttpRequest
    canonical: str
    signature: str
    session: str
    late_token: bool
    plain_paths: bool


def vectors() -> list[Vector]:
    """All vectors of both collections; none where the corpus is not at hand."""
    found = [_of_aws_c(line) for line in _lines("sigv4_aws_c_auth")]
    lines = _lines("sigv4_botocore")
    return found + [_of_botocore(line) for line in lines if "req" in line["files"]]


def needs_vectors() -> None:
    if not (CORPUS / "standards").is_dir():
        pytest.skip(f"there is no corpus at {CORPUS}; set FAIRLEAD_CORPUS")


def _lines(name: str) -> list[dict]:
    path = CORPUS / "standards" / f"{name}.jsonl"
    return (
        [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        if path.is_file()
        else []
    )


def _of_aws_c(line: dict) -> Vector:
    files, context = line["files"], json.loads(line["files"]["context.json"])
    request, _ = _request(files["request.txt"])
    if context["sign_body"]:  # for services that want the hash as a header as well
        pair = ("x-amz-content-sha256", sha256(request.body).hexdigest())
        request = structs.replace(request, headers=(*request.headers, pair))
    return Vector(
        f"aws-c {line['name']}",
        request,
        files["header-canonical-request.txt"],
        files["header-signature.txt"],
        context["credentials"].get("token", ""),
        bool(context.get("omit_session_token")),
        not context["normalize"],
    )


def _of_botocore(line: dict) -> Vector:
    files = line["files"]
    request, _ = _request(files["req"])
    _, session = _request(files["sreq"])
    late = line["name"].endswith("header-after")
    signature = files["authz"].rpartition("Signature=")[2]
    name = f"botocore {line['name']}"
    return Vector(name, request, files["creq"], signature, session, late, False)


def _request(text: str) -> tuple[HttpRequest, str]:
    head, _, body = text.partition("\n\n")
    first, *lines = head.strip("\n").split("\n")
    method, _, rest = first.partition(" ")
    headers: list[tuple[str, str]] = []
    for line in lines:
        if line[:1].isspace():
            headers[-1] = (headers[-1][0], f"{headers[-1][1]}\n{line}")
        else:
            name, _, value = line.partition(":")
            headers.append((name, value))
    found = {name.lower(): value for name, value in headers}
    own = tuple(pair for pair in headers if pair[0].lower() not in OURS)
    path = rest.rpartition(" HTTP/")[0]
    url = f"https://{found['host'].strip()}{path}"
    return HttpRequest(method, url, own, body.encode()), found.get(TOKEN, "").strip()
