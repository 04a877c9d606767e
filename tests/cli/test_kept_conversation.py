from __future__ import annotations

import json
import stat
import sys
from base64 import b64encode
from pathlib import Path

import pytest
from tests.cli.conftest import Lab, called, chunk, streamed

from fairlead.cli import kept_conversation
from fairlead.testing.server import respond, stream
from fairlead.types.messages import Message


def said(server, index: int = -1) -> list[tuple[str, str]]:
    """The messages of a request."""
    messages = json.loads(server.requests[index].body)["messages"]
    return [(turn["role"], turn["content"]) for turn in messages]


def kept_file(folder: Path) -> Path:
    return folder / "state" / "fairlead" / "conversation" / "last.json"


def test_a_question_goes_on_with_the_last_conversation_and_so_does_the_next(lab: Lab):
    server = lab.answers(streamed("A cat."), streamed("Un chat."), streamed("Eine Katze."))
    lab.run("-s", "Be kind.", "-m", "lab/m2", "What purrs?")
    lab.run("-c", "In French.")
    result = lab.run("--continue", "In German.")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "Eine Katze.\n", "")
    assert json.loads(server.requests[-1].body)["model"] == "m2"
    assert said(server) == [
        ("system", "Be kind."),
        ("user", "What purrs?"),
        ("assistant", "A cat."),
        ("user", "In French."),
        ("assistant", "Un chat."),
        ("user", "In German."),
    ]


def test_another_model_and_system_prompt_may_go_on(lab: Lab):
    server = lab.answers(streamed("one"), streamed("two"))
    lab.run("-s", "Be kind.", "first")
    lab.run("-c", "-m", "lab/m9", "-s", "Be terse.", "second")
    assert json.loads(server.requests[-1].body)["model"] == "m9"
    assert said(server)[0] == ("system", "Be terse.")


def test_a_question_without_continue_begins_a_conversation_of_its_own(lab: Lab):
    server = lab.answers(streamed("one"), streamed("two"), streamed("three"))
    lab.run("first")
    lab.run("second")
    lab.run("-c", "third")
    assert said(server) == [("user", "second"), ("assistant", "two"), ("user", "third")]


def test_a_chat_goes_on_with_a_question_and_a_question_with_a_chat(lab: Lab):
    server = lab.answers(streamed("one"), streamed("two"), streamed("three"))
    lab.run("first")
    result = lab.run("chat", "-c", stdin="second\n")
    assert (result.exit_code, result.stderr) == (0, "")
    lab.run("-c", "third")
    assert [text for _, text in said(server)] == ["first", "one", "second", "two", "third"]


def test_a_chat_is_kept_as_far_as_it_came(lab: Lab):
    server = lab.answers(streamed("one"), respond(400, [], b"{}"), streamed("two"))
    assert lab.run("chat", stdin="first\nsecond\n").exit_code == 6
    lab.run("-c", "third")
    assert [text for _, text in said(server)] == ["first", "one", "third"]


def test_calls_of_tools_and_their_results_are_part_of_it(lab: Lab):
    server = lab.answers(called("add"), streamed("It is 3."), streamed("Three."))
    lab.run("--functions", "def add() -> int: return 3", "-y", "How much?")
    lab.run("-c", "As a word.")
    assert [role for role, _ in said(server)] == ["user", "assistant", "tool", "assistant", "user"]


def test_an_answer_that_breaks_off_is_kept_as_far_as_it_came(lab: Lab):
    server = lab.answers(stream([chunk({"content": "half"})]), streamed("two"))
    assert lab.run("first").exit_code == 6
    lab.run("-c", "second")
    assert [text for _, text in said(server)] == ["first", "half", "second"]


def test_an_answer_that_never_came_leaves_the_conversation_before_it(lab: Lab):
    server = lab.answers(streamed("one"), respond(400, [], b"{}"), streamed("two"))
    lab.run("first")
    assert lab.run("second").exit_code == 6
    lab.run("-c", "third")
    assert [text for _, text in said(server)] == ["first", "one", "third"]


@pytest.mark.skipif(sys.platform == "win32", reason="there are no modes")
def test_only_the_owner_can_read_it(lab: Lab, tmp_path: Path):
    lab.answers(streamed("one"))
    lab.run("first")
    found = kept_file(tmp_path)
    assert stat.S_IMODE(found.stat().st_mode) == 0o600
    assert stat.S_IMODE(found.parent.stat().st_mode) == 0o700


def test_nothing_is_kept_of_a_run_that_wants_it_so(lab: Lab, tmp_path: Path):
    lab.answers(streamed("one"), streamed("two"))
    assert lab.run("-n", "first").exit_code == 0
    assert lab.run("chat", "--no-log", stdin="first\n").exit_code == 0
    assert list(tmp_path.glob("state/**/*.json*")) == []


@pytest.mark.parametrize("key", ["keep", "conversation"])
def test_nothing_is_kept_and_nothing_old_goes_on_where_the_settings_say_so(
    lab: Lab, tmp_path: Path, key: str
):
    lab.answers(streamed("one"), streamed("two"))
    lab.run("first")
    lab.configure(lab.config.read_text() + f"[log]\n{key} = false\n")
    before = kept_file(tmp_path).read_bytes()
    lab.run("second")
    result = lab.run("-c", "third")
    assert result.exit_code == 2
    assert "keep no conversation" in result.stderr
    assert kept_file(tmp_path).read_bytes() == before


def test_there_may_be_no_conversation_yet(nothing_sent):
    result = nothing_sent("-c", "and now?")
    assert result.exit_code == 2
    assert "ask without --continue first" in result.stderr


@pytest.mark.parametrize("text", ["", "[]", '{"model": 1}', "\xff"])
def test_a_damaged_file_is_told_and_nothing_is_sent(nothing_sent, tmp_path: Path, text: str):
    path = kept_file(tmp_path)
    path.parent.mkdir(parents=True, mode=0o700)
    path.touch(mode=0o600)
    path.write_text(text, encoding="latin-1")
    result = nothing_sent("-c", "and now?")
    assert result.exit_code == 2
    assert "holds no conversation" in result.stderr


def test_a_folder_that_cannot_be_written_ends_no_run(lab: Lab, tmp_path: Path):
    lab.answers(streamed("one"))
    (tmp_path / "state").write_text("a file")
    result = lab.run("first")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "one\n", "")


def test_one_that_is_too_large_is_not_kept_and_none_passes_for_it(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
):
    lab.answers(streamed("one"), streamed("two"))
    lab.run("first")
    monkeypatch.setattr(kept_conversation, "MOST_BYTES", 100)
    lab.run("x" * 100)
    assert lab.run("-c", "third").exit_code == 2


def test_what_json_has_no_form_for_is_not_kept_and_ends_no_run(lab: Lab, tmp_path: Path):
    lab.answers(streamed("one"))
    lab.run("first")
    half = Message.user("half of a pair: \ud83d")
    kept_conversation.keep(kept_conversation.KeptConversation("lab/m1", [half]))
    assert not kept_file(tmp_path).exists()


def test_an_attachment_is_part_of_it(lab: Lab):
    picture = b"\x89PNG\r\n\x1a\n" + b"\0" * 16
    (lab.folder / "boat.png").write_bytes(picture)
    server = lab.answers(streamed("A boat."), streamed("Blue."))
    lab.run("-a", "boat.png", "What is that?")
    lab.run("-c", "Which colour?")
    parts = json.loads(server.requests[-1].body)["messages"][0]["content"]
    assert b64encode(picture).decode() in parts[0]["image_url"]["url"]


def test_a_dry_run_shows_the_conversation_and_keeps_nothing(lab: Lab, tmp_path: Path):
    lab.answers(streamed("one"))
    lab.run("first")
    before = kept_file(tmp_path).read_bytes()
    result = lab.run("-c", "--dry-run", "second")
    assert '"content": "first"' in result.stdout
    assert kept_file(tmp_path).read_bytes() == before
