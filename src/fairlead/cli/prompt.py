"""The user's message: words of the command line, standard input and attachments."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Sequence

from fairlead.attachments import attach, media_type_of, part_of, text_of
from fairlead.cli.terminal import is_terminal, note
from fairlead.errors import InvalidRequest
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


def _prompt(words: Sequence[str]) -> str:
    prompt = " ".join(words)
    if any("\ud800" <= character <= "\udfff" for character in prompt):
        raise InvalidRequest("the prompt is not UTF-8 text; convert it first")
    return prompt


def _attached(source: str) -> Part:
    if source == STDIN:
        return part_of(_read_stdin(), _STDIN_NAME)
    return attach(source)


def _piped(prompt: str) -> bytes:
    if sys.stdin is None or is_terminal(sys.stdin):
        return b""
    if prompt and not _arrives(_PATIENCE_SECONDS):
        # A remote shell or a scheduler may hold it open for ever.
        note("waiting for standard input to end; without any, use </dev/null")
    return _read_stdin()


def _read_stdin() -> bytes:
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
