from __future__ import annotations

import json
import time
from email.utils import formatdate

import pytest
from tests.cli.conftest import KEY, Lab

from fairlead.testing.server import respond

PROXIES = ("http_proxy", "https_proxy", "all_proxy")
CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE")


@pytest.fixture(autouse=True)
def _plain_network(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*PROXIES, *map(str.upper, PROXIES), *CERTIFICATES):
        monkeypatch.delenv(name, raising=False)


def answer(status: int = 200, ahead: float = 0.0) -> object:
    """An answer of a server whose clock is so many seconds ahead."""
    headers = [("Content-Type", "application/json"), ("Date", formatdate(time.time() + ahead))]
    return respond(status, headers, b'{"data": []}')


def findings(lab: Lab, *words: str) -> tuple[int, dict[str, tuple[str, str]]]:
    """The exit code, and states and details by subject."""
    result = lab.run("doctor", "--json", *words)
    assert KEY not in result.output
    found = json.loads(result.stdout)
    return result.exit_code, {item["subject"]: (item["state"], item["detail"]) for item in found}


def test_what_is_well_is_said_to_be(lab: Lab):
    server = lab.answers(answer())
    code, found = findings(lab)
    assert [found[name][0] for name in ("fairlead", "proxy", "tls", "lab key", "lab", "clock")] == [
        "ok"
    ] * 6
    assert "libcurl/" in found["fairlead"][1]
    assert found["settings"][1] == str(lab.config)
    assert found["lab key"][1] == "ready (LAB_KEY)"
    assert f"{server.url}/v1/models answers in" in found["lab"][1]
    assert len(server.requests) == 1
    assert "local model" in found
    assert code == (1 if found["local model"][0] == "fail" else 0)


def test_each_finding_is_a_line(lab: Lab):
    lab.answers(answer())
    lines = lab.run("doctor", "lab").stdout.splitlines()
    assert all(line[:6] in ("ok    ", "warn  ", "fail  ", "skip  ") for line in lines)
    assert len(lines) >= 8


def test_a_refused_key_fails_and_is_named(lab: Lab):
    lab.answers(answer(401))
    code, found = findings(lab, "lab")
    assert code == 1
    assert found["lab"][0] == "fail"
    assert "check the key in LAB_KEY" in found["lab"][1]


def test_a_web_page_in_the_place_of_an_answer_is_told_by_its_title(lab: Lab):
    page = b"<!DOCTYPE html>\n<html><title>502\nBad Gateway</title><body>" + b"x" * 900
    lab.answers(respond(502, [("Content-Type", "text/html")], page))
    result = lab.run("doctor", "lab")
    line = next(line for line in result.stdout.splitlines() if "502" in line)
    assert "502 Bad Gateway (HTTP 502); the service" in line
    assert "<" not in result.stdout


def test_a_server_without_the_call_that_tests_it_may_answer_questions(lab: Lab):
    server = lab.answers(answer(404))
    code, found = findings(lab, "lab")
    state, detail = found["lab"]
    assert (code, state) == (1, "fail")
    assert not detail.startswith("lab:")
    assert f"{server.url}/v1/models is not there" in detail
    assert "fairlead -m lab/<model> Hi" in detail


def test_a_server_that_is_not_there_fails_at_once(lab: Lab):
    with lab.answers(answer()) as server:
        pass
    code, found = findings(lab, "lab")
    assert code == 1
    assert server.url in found["lab"][1]
    assert found["clock"][0] == "skip"


def test_a_missing_key_fails_where_the_provider_was_named(lab: Lab):
    code, found = findings(lab, "openai")
    assert code == 1
    assert found["openai key"] == ("fail", "missing (set OPENAI_API_KEY)")
    assert "openai" not in found


def test_a_key_that_no_header_can_carry_fails(lab: Lab, monkeypatch: pytest.MonkeyPatch):
    server = lab.answers(answer())
    monkeypatch.setenv("LAB_KEY", f"{KEY}\nX")
    code, found = findings(lab, "lab")
    assert code == 1
    assert found["lab key"][0] == "fail"
    assert server.requests == []


@pytest.mark.parametrize(
    ("ahead", "words"), [(-3600, "s ahead of the servers'"), (3600, "s behind the servers'")]
)
def test_a_clock_that_is_wrong_fails(lab: Lab, ahead: float, words: str):
    lab.answers(answer(ahead=ahead))
    code, found = findings(lab)
    assert code == 1
    assert found["clock"][0] == "fail"
    seconds, _, rest = found["clock"][1].partition(" ")
    assert abs(int(seconds) - 3600) < 30
    assert rest.startswith(words)


def test_a_proxy_that_is_not_heeded_is_told_without_its_password(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
):
    lab.answers(answer())
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:{KEY}@proxy:3128")
    _, found = findings(lab)
    assert found["proxy"][0] == "warn"
    assert "ignored: HTTPS_PROXY" in found["proxy"][1]


def test_a_certificate_file_that_cannot_be_used_fails(lab: Lab):
    lab.configure('[http]\nca_file = "/nowhere.pem"\n')
    code, found = findings(lab)
    assert code == 1
    assert found["tls"][0] == "fail"
    assert "/nowhere.pem" in found["tls"][1]


def test_certificates_of_the_environment_are_not_heeded(lab: Lab, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SSL_CERT_FILE", "/etc/company.pem")
    assert "ignored: SSL_CERT_FILE" in lab.run("doctor").stdout


def test_weights_that_are_not_there_are_a_warning(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, tmp_path
):
    pytest.importorskip("xllamacpp", reason="the runtime of the local model is not installed")
    monkeypatch.setenv("FAIRLEAD_CACHE", str(tmp_path))
    _, found = findings(lab)
    assert found["local model"][0] == "warn"
    assert "fairlead local setup" in found["local model"][1]


def test_broken_settings_are_a_finding(lab: Lab):
    lab.configure("modle = 1")
    code, found = findings(lab)
    assert code == 1
    assert found["settings"][0] == "fail"
    assert "did you mean model?" in found["settings"][1]


def test_an_unknown_region_fails_with_the_nearest_one(lab: Lab, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", KEY)
    monkeypatch.setenv("AWS_REGION", "eu-wset-1")
    code, found = findings(lab, "bedrock")
    assert code == 1
    assert found["bedrock key"][0] == "fail"
    assert "did you mean eu-west-1?" in found["bedrock key"][1]
