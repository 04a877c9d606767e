"""Functions at the command line that the model calls, against a scripted provider."""

from __future__ import annotations

import json
import signal

import pytest
from tests.cli.conftest import DONE, Lab, Terminal, called, chunk, streamed, terminals

from fairlead.testing.server import Pause, ScriptedServer, stream

WEATHER = '''
def get_weather(city: str) -> str:
    """The weather in a city."""
    print("looking out of the window")
    return f"rain in {city}"
'''
CALL = ("get_weather", '{"city":"Oslo"}')
TOOL = "weather.py:get_weather"


@pytest.fixture
def weather(lab: Lab) -> Lab:
    (lab.folder / "weather.py").write_text(WEATHER, encoding="utf-8")
    return lab


def bodies(server: ScriptedServer) -> list[dict[str, object]]:
    return [json.loads(request.body) for request in server.requests]


@pytest.mark.parametrize(
    "words",
    [
        ("-T", TOOL),
        ("-T", "weather.py"),
        ("-T", "weather:get_weather"),
        ("-T", "weather"),
        ("--functions", "weather.py"),
        ("--functions", WEATHER),
    ],
)
def test_a_function_is_called_and_its_result_goes_to_the_model(weather: Lab, words):
    server = weather.answers(called(*CALL), streamed("Take an ", "umbrella."))
    result = weather.process("Oslo?", *words, "-y")
    assert (result.returncode, result.stdout) == (0, b"Take an umbrella.\n")
    first, second = bodies(server)
    assert first["tools"][0]["function"]["description"] == "The weather in a city."
    assert second["messages"][-1]["content"] == "rain in Oslo"


def test_what_a_tool_does_and_prints_is_on_standard_error(weather: Lab):
    weather.answers(called(*CALL, text="Let me look."), streamed("Rain."))
    result = weather.run("Oslo?", "-T", TOOL, "-y", "-u")
    assert result.stdout == "Let me look.\nRain.\n"
    lines = result.stderr.splitlines()
    assert 'fairlead: get_weather(city="Oslo")' in lines
    assert "looking out of the window" in lines
    assert any(line.startswith("fairlead: get_weather took 0.") for line in lines)
    assert "rain in Oslo" not in result.stderr
    assert lines[-1].startswith("fairlead: 24 tokens in, 6 out, ")
    assert "2 turns, lab/m1" in lines[-1]
    assert "attempts" not in lines[-1]


def test_quiet_says_nothing_and_debug_shows_results(weather: Lab):
    weather.answers(called(*CALL), streamed("Rain."), called(*CALL), streamed("Rain."))
    assert weather.run("Oslo?", "-T", TOOL, "-yq").stderr == "looking out of the window\n"
    assert "\n  rain in Oslo\n" in weather.run("Oslo?", "-T", TOOL, "-y", "--td").stderr


@pytest.mark.parametrize("flag", ["--no-stream", "-x"])
def test_an_answer_that_waits_reads_the_same(weather: Lab, flag: str):
    weather.answers(called(*CALL, text="Let me look."), streamed("```\nRain.\n```"))
    result = weather.run("Oslo?", "-T", TOOL, "-y", flag)
    wanted = "Let me look.\n```\nRain.\n```\n" if flag == "--no-stream" else "Rain.\n"
    assert result.stdout == wanted
    assert "get_weather(" in result.stderr


def test_json_has_the_runs_of_tools_and_the_messages(weather: Lab):
    weather.answers(called(*CALL), streamed("Rain."))
    response = json.loads(weather.run("Oslo?", "-T", TOOL, "-y", "--json").stdout)
    assert (response["text"], response["turns"]) == ("Rain.", 2)
    assert response["usage"]["total_tokens"] == 30
    assert response["tools"][0]["call"]["name"] == "get_weather"
    assert response["tools"][0]["result"]["content"] == "rain in Oslo"
    assert [message["role"] for message in response["messages"]] == [
        "assistant",
        "tool",
        "assistant",
    ]
    assert len(response["receipt"]["attempts"]) == 2


def test_a_dry_run_shows_the_tools_and_asks_nobody(weather: Lab):
    server = weather.answers(streamed("sent all the same"))
    result = weather.process("Oslo?", "-T", TOOL, "--dry-run")
    assert result.returncode == 0
    assert b'"name": "get_weather"' in result.stdout
    assert server.requests == []


def test_errors_of_tools_are_for_the_model_and_shown(lab: Lab):
    server = lab.answers(called("fail"), streamed("Sorry."))
    code = "def fail() -> str:\n    raise ValueError('no \\x1b[31mnetwork')"
    result = lab.run("Hi", "--functions", code, "-y")
    assert (result.exit_code, result.stdout) == (0, "Sorry.\n")
    assert "fairlead: the tool 'fail' failed: ValueError: no network\n" in result.stderr
    assert "no" in bodies(server)[1]["messages"][-1]["content"]


def test_the_chain_limit_ends_a_model_that_never_answers(weather: Lab):
    server = weather.answers(called(*CALL), called(*CALL))
    result = weather.run("Oslo?", "-T", TOOL, "-y", "--cl", "2")
    assert result.exit_code == 1
    assert "within 2 turns" in result.stderr
    assert "--chain-limit" in result.stderr
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("-T", TOOL), "no terminal to ask whether a tool may run; --yes runs them"),
        (("-T", TOOL, "-y", "--ta"), "--yes and --tools-approve exclude each other"),
        (("-T", TOOL, "-T", "weather", "-y"), "two tools are named 'get_weather'"),
        (("-T", TOOL, "-y", "-o", "tools", "[]"), "-o tools and -T exclude each other"),
        (("-T", TOOL, "-y", "--cl", "0"), "0 is not in the range x>=1"),
        (("-T", TOOL, "-y", "--schema", "n int", "--items"), "--items and tools exclude"),
        (("-T", "weather:get", "-y"), "weather has no 'get' (looked in "),
        (("-T", "nowhere:f", "-y"), "there is no module nowhere"),
        (("-T", "no where", "-y"), "name it as module:name"),
        (("-T", "nowhere.py:f", "-y"), "nowhere.py cannot be read: No such file"),
        (("--functions", "def f(x): ...", "-y"), "f(x) has no type"),
    ],
)
def test_tools_that_cannot_be_used_are_told_before_anything_is_sent(weather: Lab, words, sentence):
    server = weather.answers(streamed("sent all the same"))
    result = weather.process("Oslo?", *words)
    assert (result.returncode, result.stdout) == (2, b"")
    assert sentence in result.stderr.decode()
    assert result.stderr.count(b"\n") == 1
    assert server.requests == []


def test_tools_that_need_no_leave_run_without_a_terminal(lab: Lab):
    lab.answers(called("look"), streamed("Done."))
    code = (
        "import fairlead\n@fairlead.tool(needs_approval=False)\ndef look() -> str:\n    return 'x'"
    )
    assert lab.process("Hi", "--functions", code).stdout == b"Done.\n"
    refused = lab.process("Hi", "--functions", code, "--ta")
    assert b"no terminal to ask" in refused.stderr


# -- at a terminal ---------------------------------------------------------------------------------

QUESTION = 'fairlead: get_weather(city="Oslo")\r\nRun it? [y/n/a(lways this tool)] '


def shown(terminal: Terminal, *typed: str) -> str:
    try:
        for line in typed:
            terminal.until("Run it? ")
            terminal.until("] ")
            terminal.type(line)
        return terminal.rest()
    finally:
        terminal.close()


@terminals
def test_a_person_is_asked_even_where_standard_input_is_a_pipe(weather: Lab):
    server = weather.answers(called(*CALL, text="Let me look."), streamed("Rain."))
    command = weather.command("Oslo?", "-T", TOOL)
    terminal = Terminal(command, weather.folder, piped=b"Some notes.", NO_COLOR="1")
    try:
        terminal.until(f"Let me look.\r\n{QUESTION}")
        assert len(server.requests) == 1
        terminal.type("y\n")
        terminal.until("Rain.\r\n")
        assert terminal.process.wait(20) == 0
    finally:
        terminal.close()
    assert bodies(server)[0]["messages"][0]["content"] == "Some notes.\n\nOslo?"


@terminals
def test_no_is_told_to_the_model_with_its_reason(weather: Lab):
    server = weather.answers(called(*CALL), streamed("As you wish."))
    terminal = Terminal(weather.command("Oslo?", "-T", TOOL), weather.folder)
    assert "As you wish." in shown(terminal, "n it is sunny\n")
    assert bodies(server)[1]["messages"][-1]["content"] == "Not run: it is sunny."


@terminals
@pytest.mark.parametrize(("flags", "typed"), [((), ["a\n"]), (("--ta",), ["y\n", "y\n"])])
def test_always_is_asked_once_unless_each_call_is_to_be(weather: Lab, flags, typed):
    weather.answers(called(*CALL), called(*CALL), streamed("Rain."))
    terminal = Terminal(weather.command("Oslo?", "-T", TOOL, *flags), weather.folder)
    rest = shown(terminal, *typed)
    assert "Rain." in rest
    assert "Run it?" not in rest


@terminals
def test_an_interrupt_stops_a_tool_that_does_not_end(lab: Lab):
    lab.answers(called("wait"))
    code = "import time\ndef wait() -> None:\n    print('waiting')\n    time.sleep(600)"
    terminal = Terminal(lab.command("Hi", "--functions", code, "-y"), lab.folder)
    try:
        terminal.until("waiting")
        terminal.process.send_signal(signal.SIGINT)
        assert terminal.process.wait(20) == 130
    finally:
        terminal.close()


@terminals
def test_an_interrupt_at_the_question_runs_nothing(weather: Lab):
    server = weather.answers(called(*CALL))
    terminal = Terminal(weather.command("Oslo?", "-T", TOOL), weather.folder)
    try:
        terminal.until("this tool)] ")
        terminal.process.send_signal(signal.SIGINT)
        assert "looking" not in terminal.rest()
        assert terminal.process.wait(20) == 130
    finally:
        terminal.close()
    assert len(server.requests) == 1


@terminals
def test_what_tools_do_is_dimmed(weather: Lab, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    weather.answers(called(*CALL), streamed("Rain."))
    text = shown(Terminal(weather.command("Oslo?", "-T", TOOL, "-y", "--td"), weather.folder))
    assert '\x1b[2mfairlead: get_weather(city="Oslo")\x1b[0m\r\n' in text
    assert "\x1b[2m  rain in Oslo\x1b[0m\r\n" in text


# -- in a chat -------------------------------------------------------------------------------------


def test_a_chat_keeps_calls_and_results(weather: Lab):
    server = weather.answers(called(*CALL), streamed("Rain."), streamed("Yes."))
    result = weather.run("chat", "-T", TOOL, "-y", stdin="Oslo?\nSure?\n/usage\n")
    assert (result.exit_code, result.stdout) == (0, "Rain.\nYes.\n")
    assert [m["role"] for m in bodies(server)[2]["messages"]] == [
        "user", "assistant", "tool", "assistant", "user",
    ]  # fmt: skip
    assert "2 answers, 36 tokens in, 9 out" in result.stderr


def test_a_chat_asks_before_it_begins_whether_there_is_somebody(weather: Lab):
    server = weather.answers(streamed("sent all the same"))
    result = weather.process("chat", "-T", TOOL, stdin=b"Oslo?\n")
    assert result.returncode == 2
    assert b"no terminal to ask" in result.stderr
    assert server.requests == []


@terminals
def test_a_run_that_is_stopped_in_a_chat_keeps_its_text(weather: Lab):
    steps = iter(stream([chunk({"content": "half an answer"}), DONE]))
    half = [next(steps), next(steps), Pause(60.0), *steps]
    server = weather.answers(called(*CALL), half, streamed("whole"))
    terminal = Terminal(weather.command("chat", "-T", TOOL), weather.folder)
    try:
        terminal.until("> ")
        terminal.type("one\n")
        terminal.until("this tool)] ")
        terminal.type("a\n")
        terminal.until("half an answer")
        terminal.process.send_signal(signal.SIGINT)
        terminal.until("stopped; what came is kept")
        terminal.type("two\n")
        terminal.until("whole")
        terminal.type("/exit\n")
        assert terminal.process.wait(20) == 0
    finally:
        terminal.close()
    contents = [message["content"] for message in bodies(server)[2]["messages"]]
    assert contents == ["one", "half an answer", "two"]
