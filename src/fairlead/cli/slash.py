"""The `/commands` of a chat."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from fairlead.cli.terminal import note, table, write_error
from fairlead.errors import InvalidRequest
from fairlead.types.messages import Message
from fairlead.types.paths import path_of

if TYPE_CHECKING:
    from fairlead.cli.chat import Chat


class Leave(Exception):
    """The user has had enough."""


class SlashCommands:
    """What can be done beside talking."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    def run(self, line: str) -> None:
        """Do what `line`, which begins with a slash, asks for.

        Raises `Leave` for `/exit`, `InvalidRequest` for what is no command.
        """
        word, _, rest = line[1:].strip().partition(" ")
        name = _SHORT.get(word, word)
        if name not in _COMMANDS:
            near = get_close_matches(word, _COMMANDS, 1, 0.5)
            hint = f"did you mean /{near[0]}?" if near else "/help lists them"
            raise InvalidRequest(
                f"there is no command /{word}; {hint} (a text with a slash begins with //)"
            )
        _COMMANDS[name][0](self, rest.strip())

    def help(self, rest: str) -> None:
        rows = [(f"/{name} {usage}".rstrip(), text) for name, (_, usage, text) in _COMMANDS.items()]
        write_error(table([*rows, *_KEYS]))

    def exit(self, rest: str) -> None:
        raise Leave

    def model(self, rest: str) -> None:
        if rest:
            self._chat.change_model(rest)
        note(f"the model is {self._chat.session.model}")

    def system(self, rest: str) -> None:
        if rest:
            self._chat.change_system(None if rest == "-" else rest)
        system = self._chat.system
        note(f"the system prompt is: {system}" if system else "there is no system prompt")

    def option(self, rest: str) -> None:
        key, _, value = rest.partition(" ")
        if key:
            self._chat.change_option(key, value.strip())
        pairs = self._chat.pairs.items()
        note("; ".join(f"{key} {value}" for key, value in pairs) or "no option is set")

    def attach(self, rest: str) -> None:
        from fairlead.attachments import attach

        source = rest if rest.startswith(("http://", "https://")) else _one_path(rest, "/attach")
        self._chat.conversation.attachments.append(attach(source))
        note(f"{source} goes with your next message")

    def undo(self, rest: str) -> None:
        undone = self._chat.conversation.undo()
        note("the last turn is taken back" if undone else "there is nothing to take back")

    def clear(self, rest: str) -> None:
        self._chat.conversation.clear()
        note("the conversation is empty")

    def save(self, rest: str) -> None:
        path = _one_path(rest, "/save")
        conversation = self._chat.conversation
        if path.suffix == ".json":
            data = msgspec.json.format(msgspec.json.encode(conversation.messages), indent=2)
        else:
            data = conversation.markdown().encode()
        _write_new(path, data)
        note(f"{len(conversation.messages)} messages are in {path}")

    def load(self, rest: str) -> None:
        path = _one_path(rest, "/load")
        conversation = self._chat.conversation
        messages = _read(path)
        conversation.clear()
        conversation.keep(*messages)
        note(f"the conversation is that of {path}, {len(messages)} messages")

    def usage(self, rest: str) -> None:
        told = self._chat.conversation
        answers = f"{told.answers} answer{'s' * (told.answers != 1)}"
        note(f"{answers}, {told.input_tokens} tokens in, {told.output_tokens} out")


def _write_new(path: Path, data: bytes) -> None:
    """What is there already is not touched."""
    try:
        with path.open("xb") as file:
            file.write(data)
    except FileExistsError:
        raise InvalidRequest(f"{path} is there already; choose another name") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InvalidRequest(f"{path} cannot be written: {reason}") from error


def _read(path: Path) -> list[Message]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=list[Message])
    except msgspec.DecodeError as error:
        raise InvalidRequest(
            f"{path} is no conversation that /save wrote as .json: {error}"
        ) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InvalidRequest(f"{path} cannot be read: {reason}") from error


def _one_path(rest: str, command: str) -> Path:
    try:
        words = shlex.split(rest)
    except ValueError as error:
        raise InvalidRequest(f"{command}: {error}") from None
    if len(words) != 1:
        raise InvalidRequest(f"{command} takes one file; put quotes around a name with spaces")
    return path_of(words[0])


_COMMANDS: dict[str, tuple[Callable[[SlashCommands, str], None], str, str]] = {
    "help": (SlashCommands.help, "", "show this"),
    "model": (SlashCommands.model, "[MODEL]", "show or change the model"),
    "system": (SlashCommands.system, "[TEXT]", "show or change the system prompt; - removes it"),
    "option": (SlashCommands.option, "[KEY VALUE]", "show or set an option; no value removes it"),
    "attach": (SlashCommands.attach, "FILE", "attach a file or address to the next message"),
    "undo": (SlashCommands.undo, "", "take back the last turn"),
    "clear": (SlashCommands.clear, "", "begin anew"),
    "save": (SlashCommands.save, "FILE", "write it all down: .json as JSON, others as Markdown"),
    "load": (SlashCommands.load, "FILE", "go on with what was saved as .json"),
    "usage": (SlashCommands.usage, "", "show the tokens of this chat"),
    "exit": (SlashCommands.exit, "", "leave, as Ctrl-D does"),
}
_SHORT = {"quit": "exit", "q": "exit", "?": "help", "h": "help"}
_KEYS = (
    ('"""', "begin and end a text of many lines"),
    ("//...", "a text that begins with a slash"),
    ("Ctrl-C", "stop an answer; what came is kept"),
)
