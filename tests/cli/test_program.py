from __future__ import annotations

import platform
import subprocess
import sys

import pytest
from tests.cli.conftest import Lab

from fairlead import __version__
from fairlead.cli.program import COMMANDS

HEAVY = ("msgspec", "pycurl", "rich", "asyncio", "ssl", "fairlead.core", "fairlead.client")


def test_the_version_is_that_of_the_package_and_of_python(lab: Lab):
    result = lab.run("--version")
    assert result.stdout == f"fairlead {__version__} (CPython {platform.python_version()})\n"
    assert result.exit_code == 0


def test_help_shows_commands_options_and_exit_codes(lab: Lab):
    for flag in ("--help", "-h"):
        result = lab.run(flag)
        assert result.exit_code == 0
        for word in [*COMMANDS, "--dry-run", "--schema", "Exit codes", 'fairlead "Why']:
            assert word in result.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(lab: Lab, name: str):
    result = lab.run(name, "--help")
    assert result.exit_code == 0
    assert f"Usage: fairlead {name}" in result.stdout


@pytest.mark.parametrize("flag", ["--version", "--help"])
def test_help_and_version_load_nothing_heavy(flag: str):
    code = (
        "import sys; from fairlead.cli.program import program\n"
        f"try: program.main([{flag!r}])\n"
        f"finally: print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stderr == "[]\n"


def test_options_lists_every_key_of_a_call_without_a_flag(lab: Lab):
    from fairlead.inputs import ChatOptions

    listed = {line.split()[0] for line in lab.run("--options").stdout.splitlines()}
    flagged = {"system", "output", "deadline", "documents"}
    assert listed == set(ChatOptions.__annotations__) - flagged


def test_a_command_that_only_holds_others_shows_its_help(lab: Lab):
    result = lab.run("local")
    assert result.stdout == ""
    assert result.stderr.startswith("Usage: fairlead local [OPTIONS] COMMAND")
    assert "  serve " in result.stderr
    assert result.exit_code == 2


@pytest.mark.parametrize("words", [(), ("chat",), ("config", "path")])
def test_help_is_had_by_a_word_too(lab: Lab, words: tuple[str, ...]):
    result = lab.run("help", *words)
    assert result.stdout == lab.run(*words, "--help").stdout
    assert result.exit_code == 0


def test_help_with_a_prompt_asks_nobody(nothing_sent):
    result = nothing_sent("help", "me", "write")
    assert "no command 'me'" in result.stderr
    assert 'fairlead -- "help' in result.stderr
    assert result.exit_code == 2


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        (["fairlead", ""], {"chat", "models", "local"}),
        (["fairlead", "do"], {"doctor"}),
        (["fairlead", "--"], {"--model", "--version", "--help"}),
        (["fairlead", "-m", "openai/gpt-5", "--js"], {"--json"}),
        (["fairlead", "config", ""], {"path", "show"}),
        (["fairlead", "--attach", ""], {"file,"}),
    ],
)
def test_a_shell_completes_commands_and_options(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, line: list[str], wanted: set[str]
):
    monkeypatch.setenv("_FAIRLEAD_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", " ".join(line))
    monkeypatch.setenv("COMP_CWORD", str(len(line) - 1))
    result = lab.run()
    found = [item.removeprefix("plain,") for item in result.stdout.splitlines()]
    assert wanted <= set(found)
    assert len(found) == len(set(found))
    assert result.exit_code == 0
