"""AWS's and Azure's libraries are asked for what is left, and are not needed otherwise."""

from __future__ import annotations

import sys
import types
from pathlib import Path

import pytest
from tests.auth.flows import CANARY, everything_about

from fairlead.auth.sources import Environment
from fairlead.errors import ConfigError, MissingCredentials
from fairlead.keys.aws_files import AwsFiles
from fairlead.keys.aws_library import AwsLibrary
from fairlead.keys.azure_library import azure_library


def files(home: Path, config: str) -> AwsFiles:
    (home / ".aws").mkdir()
    (home / ".aws" / "config").write_text(config)
    return AwsFiles(Environment({"HOME": str(home)}))


@pytest.fixture
def aws() -> None:
    pytest.importorskip("botocore", reason="botocore is not installed")


@pytest.mark.usefixtures("aws")
def test_a_process_is_run_by_the_library_and_asked_again_only_at_its_end(tmp_path) -> None:
    counter = tmp_path / "count"
    document = '{"Version":1,"AccessKeyId":"AKIA","SecretAccessKey":"s","SessionToken":"t"}'
    script = tmp_path / "give"
    script.write_text(f"#!/bin/sh\necho x >> {counter}\necho '{document}'\n")
    script.chmod(0o700)
    library = AwsLibrary(files(tmp_path, f"[profile p]\ncredential_process = {script}\n"))

    leases = [library.keys("p") for _ in range(3)]

    assert {lease.value.access for lease in leases} == {"AKIA"}
    assert leases[0].value.session.reveal() == "t"
    assert counter.read_text().count("x") == 1


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize(
    "config",
    [
        "[profile p]\nregion = x\n",
        f"[profile p]\ncredential_process = /bin/sh -c 'echo {CANARY}'\n",
        "[profile p]\nsso_session = none\nsso_account_id = 1\nsso_role_name = r\n",
    ],
)
def test_a_profile_without_credentials_is_named_and_nothing_shown(tmp_path, config) -> None:
    library = AwsLibrary(files(tmp_path, config))

    with pytest.raises(MissingCredentials, match="'p'") as caught:
        library.keys("p")

    assert CANARY not in everything_about(caught.value)
    assert caught.value.__context__ is None


def test_without_the_library_the_extra_is_named(tmp_path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "botocore", None)
    monkeypatch.setitem(sys.modules, "botocore.session", None)

    with pytest.raises(ConfigError, match=r'pip install "fairlead\[aws\]"'):
        AwsLibrary(files(tmp_path, "[profile p]\nsso_session = x\n")).keys("p")


class AzureCredential:
    """Stands for azure-identity's chain."""

    made = 0

    def __init__(self, **_: object) -> None:
        type(self).made += 1

    def get_token(self, scope: str) -> object:
        if scope == "refused":
            raise RuntimeError(CANARY)
        return types.SimpleNamespace(token=f"for {scope}", expires_on=1788256800)


@pytest.fixture
def azure(monkeypatch) -> None:
    module = types.ModuleType("azure.identity")
    module.DefaultAzureCredential = AzureCredential
    monkeypatch.setattr(AzureCredential, "made", 0)
    monkeypatch.setitem(sys.modules, "azure", types.ModuleType("azure"))
    monkeypatch.setitem(sys.modules, "azure.identity", module)


@pytest.mark.usefixtures("azure")
def test_azures_chain_is_made_once_and_asked_for_each_token() -> None:
    fetch = azure_library("a-scope")

    leases = [fetch(), fetch()]

    assert [lease.value.reveal() for lease in leases] == ["for a-scope"] * 2
    assert leases[0].expires == 1788256800.0
    assert AzureCredential.made == 1


@pytest.mark.usefixtures("azure")
def test_no_login_is_no_token() -> None:
    assert azure_library("refused")() is None


def test_without_azures_library_there_is_none(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "azure", None)
    monkeypatch.setitem(sys.modules, "azure.identity", None)

    assert azure_library("a-scope")() is None
