"""`fairlead_tape` in a project of its own: recorded when that is asked for, replayed otherwise."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from tests.client.wire import whole

from fairlead.tapes.folder import TapeFolder
from fairlead.testing.server import ScriptedServer

pytest_plugins = ("pytester",)

PLUGIN = "fairlead.tapes.pytest_plugin"
TEST = """
import fairlead

def ask(tape):
    settings = fairlead.Settings.load(environ={{}}, path="fairlead.toml")
    with fairlead.Client(settings, transport=tape) as client:
        return client.chat("fake/m-1", "Hi").text

class TestAnswers:
    def test_it(self, fairlead_tape):
        assert ask(fairlead_tape) == {expected!r}
"""
SETTINGS = """
[providers.fake]
base_url = "{url}/v1"
dialect = "openai_chat"
"""
PLACE = "tapes/test_answers/TestAnswers-test_it"


class Project:
    """A project with one test, which asks a server on loopback."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self._pytester = pytester
        self.tape: Path = pytester.path / PLACE

    def run(self, url: str, *options: str, expected: str = "Hello there") -> dict[str, int]:
        self._pytester.makepyfile(test_answers=TEST.format(expected=expected))
        (self._pytester.path / "fairlead.toml").write_text(SETTINGS.format(url=url))
        # The entry point is left out, so that the plugin is there once whether installed or not.
        arguments = ("-p", "no:fairlead", "-p", PLUGIN, "-p", "no:randomly", *options)
        self.result = self._pytester.runpytest_inprocess(*arguments)
        return self.result.parseoutcomes() if self.result.outlines else {}


@pytest.fixture
def project(pytester: pytest.Pytester) -> Project:
    return Project(pytester)


GONE = "http://127.0.0.1:9"


def test_without_a_tape_a_test_fails_and_says_how_to_record_it(project) -> None:
    assert project.run(GONE) == {"errors": 1}
    project.result.stdout.fnmatch_lines(["*there is no tape at *--fairlead-record=once*"])


def test_once_records_a_tape_and_then_replays_it(project) -> None:
    with ScriptedServer(whole()) as server:
        assert project.run(server.url, "--fairlead-record=once") == {"passed": 1}
        assert project.run(server.url, "--fairlead-record=once") == {"passed": 1}
        assert len(server.requests) == 1
    assert len(TapeFolder(project.tape).read()) == 1

    assert project.run(GONE) == {"passed": 1}


def test_all_records_anew(project) -> None:
    with ScriptedServer(whole("one"), whole("two")) as server:
        project.run(server.url, "--fairlead-record=all", expected="one")
        assert project.run(server.url, "--fairlead-record=all", expected="two") == {"passed": 1}

    (found,) = TapeFolder(project.tape).read()
    assert b"two" in found.answer.body


def test_the_tape_of_a_test_that_failed_is_not_kept_and_an_older_one_stays(project) -> None:
    with ScriptedServer(whole("wrong")) as server:
        assert project.run(server.url, "--fairlead-record=once") == {"failed": 1}
        assert not project.tape.exists()

        project.run(server.url, "--fairlead-record=once", expected="wrong")
        assert project.run(server.url, "--fairlead-record=all") == {"failed": 1}
    assert len(TapeFolder(project.tape).read()) == 1
    assert [path.name for path in project.tape.parent.iterdir()] == [project.tape.name]


def test_another_request_than_was_recorded_fails_with_the_difference(project) -> None:
    with ScriptedServer(whole()) as server:
        project.run(server.url, "--fairlead-record=once")
    (path,) = project.tape.glob("*.txt")
    path.write_text(path.read_text().replace('"Hi"', '"Ho"'))

    assert project.run(GONE) == {"failed": 1}
    project.result.stdout.fnmatch_lines(['*messages?0?.content: "Ho" on the tape, "Hi" asked*'])


def test_a_wish_that_is_none_is_refused(project) -> None:
    assert project.run(GONE, "--fairlead-record=sometimes") == {}
    project.result.stderr.fnmatch_lines(["*--fairlead-record*invalid choice*"])


def test_pytest_finds_the_plugin_by_the_name_of_the_package() -> None:
    root = Path(__file__).parents[2]
    table = tomllib.loads((root / "pyproject.toml").read_text())["project"]

    assert table["entry-points"]["pytest11"] == {"fairlead": PLUGIN}
