"""Help under headings."""

from __future__ import annotations

import pytest
from tests.cli.conftest import Lab

TITLES = ["The question:", "Tools:", "Structured answers:", "What is shown:"]


@pytest.mark.parametrize("words", [("--help",), ("ask", "--help"), ("chat", "--help")])
def test_options_stand_under_headings_each_once(lab: Lab, words: tuple[str, ...]):
    lines = lab.run(*words).stdout.splitlines()
    titles = [line for line in lines if line in TITLES]
    wanted = TITLES if words[0] != "chat" else [TITLES[0], TITLES[1], TITLES[3]]
    assert titles == wanted
    for flag in ("-m, --model", "-T, --tool", "-y, --yes", "-h, --help"):
        assert sum(line.lstrip().startswith(flag) for line in lines) == 1, flag
    assert lines.index("Tools:") < next(i for i, x in enumerate(lines) if "--chain-limit" in x)
