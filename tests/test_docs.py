"""Every example in the papers runs: Python, shell and settings, as they stand on the page."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest
from tests.any_provider import answer

from fairlead import LocalModelError, Settings
from fairlead.cli.ask import command as ask
from fairlead.cli.program import program
from fairlead.local.server import shared_server
from fairlead.providers.schema import ProviderTable
from fairlead.testing.server import ScriptedServer

ROOT = Path(__file__).parents[1]
PAGES = tuple(f"docs/{page.name}" for page in sorted((ROOT / "docs").glob("*.md")))
PAPERS = (
    "README.md",
    "CONTRIBUTING.md",
    "ARCHITECTURE.md",
    "SECURITY.md",
    "CHANGELOG.md",
    *PAGES,
)
DECISIONS = tuple(sorted(f"docs/decisions/{p.name}" for p in ROOT.glob("docs/decisions/*.md")))
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
SHOWN_COMMAND = re.compile(r"(?:`|^\$ (?:[A-Z_]+=\S+ )*)fairlead ([^`\n]+)", re.MULTILINE)
"""In a line of text, and after a prompt: these are not run."""
EMPTY = click.Context(program)
LINK = re.compile(r"\]\(([^)\s]+)\)")
SHOWN_ONLY = {"console", "text"}


def blocks(language: str) -> list[object]:
    found = []
    for paper in PAPERS:
        text = (ROOT / paper).read_text()
        for match in BLOCK.finditer(text):
            if match[1] == language:
                line = text[: match.start()].count("\n") + 1
                found.append(pytest.param(match[2], id=f"{paper}:{line}"))
    return found


@pytest.fixture
def environment(monkeypatch, tmp_path):
    """A folder of its own, a provider on loopback, and the local model where it can run."""
    try:
        shared_server().start()
    except LocalModelError as error:
        pytest.skip(f"the local model cannot run: {error}")
    monkeypatch.chdir(tmp_path)
    with ScriptedServer(answer) as server:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-example")
        monkeypatch.setenv("OPENAI_BASE_URL", f"{server.url}/v1")
        monkeypatch.setenv("CO_API_KEY", "co-example")
        monkeypatch.setenv("CO_API_URL", server.url)
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


def test_a_command_that_is_only_shown_has_the_options_that_it_names() -> None:
    shown = [
        (paper, command)
        for paper in PAPERS
        for command in SHOWN_COMMAND.findall((ROOT / paper).read_text())
    ]

    assert shown
    assert [(*place, wrong) for place in shown for wrong in _wrong_words(place[1])] == []


def _wrong_words(command: str) -> list[str]:
    """What is no option of the command, or no command."""
    words = shlex.split(command)
    known = {"--help", "--version"}
    found: click.Command = program
    while words and isinstance(found, click.Group) and words[0] in found.list_commands(EMPTY):
        found = found.get_command(EMPTY, words.pop(0)) or found
    asked = ask if found is program else found
    known |= {name for item in asked.params for name in item.opts}
    if isinstance(found, click.Group) and words and words[0].isalpha() and words[0].islower():
        return words[:1]
    words = words[: words.index("--")] if "--" in words else words
    return [word for word in words if word.startswith("-") and word not in known]


def test_an_example_is_in_a_language_that_is_run_or_is_only_shown() -> None:
    languages = {m[1] for paper in PAPERS for m in BLOCK.finditer((ROOT / paper).read_text())}

    assert languages - {"python", "sh", "toml"} == SHOWN_ONLY


def test_every_link_of_the_papers_leads_somewhere() -> None:
    missing = [
        (paper, link)
        for paper in (*PAPERS, *DECISIONS)
        for link in LINK.findall((ROOT / paper).read_text())
        if not link.startswith("http") and not _leads_somewhere(paper, link)
    ]

    assert missing == []


def _leads_somewhere(paper: str, link: str) -> bool:
    place, _, anchor = link.partition("#")
    path = (ROOT / paper).parent / place if place else ROOT / paper
    return path.exists() and (not anchor or anchor in _anchors(path))


def _anchors(path: Path) -> set[str]:
    """The names that headings have in links."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_readme_leads_to_every_page() -> None:
    readme = (ROOT / "README.md").read_text()

    assert [page for page in PAGES if f"]({page})" not in readme] == []


def test_decisions_have_the_numbers_from_one_on_and_say_them() -> None:
    told = [(ROOT / page).read_text().split(".")[0] for page in DECISIONS]

    assert told == [f"# {number:04}" for number in range(1, len(DECISIONS) + 1)]
    assert [Path(page).name[:4] for page in DECISIONS] == [told[2:] for told in told]


def test_the_makefile_has_the_targets_that_the_papers_name() -> None:
    named = {
        target
        for paper in PAPERS
        for target in re.findall(
            r"`make (\w+)|^make (\w+)", (ROOT / paper).read_text(), re.MULTILINE
        )
        for target in target
        if target
    }
    makefile = (ROOT / "Makefile").read_text()

    assert named
    assert [target for target in named if f"\n{target}:" not in makefile] == []
