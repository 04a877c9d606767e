"""The user's message: words of the command line, standard input and attachments."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Sequence

from fairlead.attachments import attach, part_of, text_of
from fairlead.cli.terminal import is_terminal, note
from fairlead.errors import InvalidRequest
from fairlead.types.media import media_type_of
from fairlead.types.messages import Message, Part, Text

STDIN = "-"
_STDIN_NAME = "standard input"
_PATIENCE_SECONDS = 3.0


def user_message(words: Sequence[str], attachments: Sequence[str]) -> Message:
    """Attachments first, then text of standard input, a blank line, and the words.

    Standard input that is no text is an attachment itself. Raises `InvalidRequest`.
    """
    prompt = _prompt(words)
    if attachments.count(STDIN) > 1:
        raise InvalidRequest("standard input can be attached only once; leave out one -a -")
    piped = b"" if STDIN in attachments else _piped(prompt)
    parts: list[Part] = [_attached(source) for source in attachments]
    if piped and media_type_of(piped) is not None:
        parts.append(part_of(piped, _STDIN_NAME))
    elif piped:
        text = text_of(piped, _STDIN_NAME)
        prompt = f"{text.rstrip()}\n\n{prompt}" if prompt else text
    if prompt.strip():
        parts.append(Text(prompt))
    if not parts:
        raise InvalidRequest(
            'there is no prompt; write one, such as: fairlead "Hello" (--help shows more)'
        )
    return Message("user", tuple(parts))


def piped_text() -> str:
    """All of standard input as text; empty where a person types. Raises `InvalidRequest`."""
    if sys.stdin is None or is_terminal(sys.stdin):
        return ""
    return text_of(read_stdin(), _STDIN_NAME)


def lines_of(text: str) -> list[str]:
    """Lines that end in a line feed, with or without a carriage return; none after the last."""
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    return [line.removesuffix("\r") for line in lines]


def word_or_piped(word: str | None, command: str) -> str:
    """`word` of the command line, or else all of standard input, exactly.

    Raises `InvalidRequest` where both are empty.
    """
    text = piped_text() if word is None else checked_word(word)
    if not text.strip():
        raise InvalidRequest(
            f'there is no text; write one, such as: fairlead {command} ... "Some text", '
            "or send it to standard input"
        )
    return text


def checked_word(text: str) -> str:
    """A word of the command line. Raises `InvalidRequest` where it is not UTF-8."""
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise InvalidRequest("the text is not UTF-8; convert it first")
    return text


def _prompt(words: Sequence[str]) -> str:
    return checked_word(" ".join(words))


def _attached(source: str) -> Part:
    if source == STDIN:
        return part_of(read_stdin(), _STDIN_NAME)
    return attach(source)


def _piped(prompt: str) -> bytes:
    if sys.stdin is None or is_terminal(sys.stdin):
        return b""
    if prompt and not _arrives(_PATIENCE_SECONDS):
        # A remote shell or a scheduler may hold it open for ever.
        note("waiting for standard input to end; without any, use </dev/null")
    return read_stdin()


def read_stdin() -> bytes:
    """All of standard input. Raises `InvalidRequest`."""
    if sys.stdin is None:
        return b""
    try:
        return sys.stdin.buffer.read()
    except OSError as error:
        raise InvalidRequest(f"standard input cannot be read: {error.strerror}") from error


def _arrives(seconds: float) -> bool:
    """Whether there is something to read, or an end, within so many seconds."""
    if os.name != "posix":
        return True
    try:
        return bool(select.select([sys.stdin], [], [], seconds)[0])
    except (OSError, ValueError):  # not a real file
        return True
