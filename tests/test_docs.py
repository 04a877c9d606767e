"""Every example in the papers runs: Python, shell and settings, as they stand on the page."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.client.wire import JSON, streamed, whole

import fairlead.errors
from fairlead import LocalModelError, Settings
from fairlead.cli.failures import INTERRUPTED
from fairlead.local.server import shared_server
from fairlead.providers.schema import ProviderTable
from fairlead.testing.server import Received, Script, ScriptedServer, respond, stream

ROOT = Path(__file__).parents[1]
PAPERS = (
    "README.md",
    "CONTRIBUTING.md",
    "ARCHITECTURE.md",
    "SECURITY.md",
    "CHANGELOG.md",
    "docs/structured.md",
    "docs/command-line.md",
    "docs/tapes.md",
)
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[object]:
    found = []
    for paper in PAPERS:
        text = (ROOT / paper).read_text()
        for match in BLOCK.finditer(text):
            if match[1] == language:
                line = text[: match.start()].count("\n") + 1
                found.append(pytest.param(match[2], id=f"{paper}:{line}"))
    return found


def _provider(request: Received) -> Script:
    """Answers as a provider or an agent would, whatever the example asks."""
    if request.path == "/run":
        return respond(200, JSON, b'{"output":"Hi"}')
    if request.path == "/stream":
        return list(stream([b'data: {"text":"Hi"}\n\n']))
    return streamed("Once", " upon") if b'"stream":true' in request.body else whole('{"n":42}')


@pytest.fixture
def environment(monkeypatch, tmp_path):
    """A folder of its own, a provider on loopback, and the local model where it can run."""
    try:
        shared_server().start()
    except LocalModelError as error:
        pytest.skip(f"the local model cannot run: {error}")
    monkeypatch.chdir(tmp_path)
    with ScriptedServer(_provider) as server:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-example")
        monkeypatch.setenv("OPENAI_BASE_URL", f"{server.url}/v1")
        monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
        yield server


@pytest.mark.parametrize("example", blocks("python"))
def test_a_python_example_runs(environment, example, capsys) -> None:
    program = example.replace("http://localhost:8000", environment.url)

    exec(compile(program, "example", "exec"), {"__name__": "__main__"})

    assert capsys.readouterr().out


@pytest.mark.parametrize("example", blocks("sh"))
def test_a_shell_example_runs(environment, example) -> None:
    commands = [line for line in example.splitlines() if line and not line.startswith("make ")]

    for command in commands:
        run = subprocess.run(
            ["bash", "-c", f"set -o pipefail; {command}"],
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert (run.returncode, run.stdout != "") == (0, True), (command, run.stderr)


@pytest.mark.parametrize("example", blocks("toml"))
def test_a_settings_example_is_accepted(example, tmp_path) -> None:
    import msgspec

    if "title =" in example:
        msgspec.toml.decode(example, type=ProviderTable)
        return
    path = tmp_path / "fairlead.toml"
    path.write_text(example)

    assert Settings.load(path=path) != Settings()


def test_every_link_of_the_papers_leads_somewhere() -> None:
    missing = [
        (paper, link)
        for paper in PAPERS
        for link in re.findall(r"\]\(([^)#]+)\)", (ROOT / paper).read_text())
        if not link.startswith("http") and not ((ROOT / paper).parent / link).exists()
    ]

    assert missing == []


def test_the_table_of_exit_codes_is_that_of_the_errors() -> None:
    rows = re.findall(r"^\| (\d+) \|", (ROOT / "README.md").read_text(), re.MULTILINE)
    errors = [item for item in vars(fairlead.errors).values() if isinstance(item, type)]
    raised = {item.exit_code for item in errors if issubclass(item, fairlead.FairleadError)}

    assert {int(row) for row in rows} == raised | {0, INTERRUPTED}


def test_the_makefile_has_the_targets_that_the_papers_name() -> None:
    named = {
        target
        for paper in PAPERS
        for target in re.findall(r"`?make (\w+)", (ROOT / paper).read_text())
    }
    makefile = (ROOT / "Makefile").read_text()

    assert named
    assert [target for target in named if f"\n{target}:" not in makefile] == []
