"""The last conversation, kept for `--continue`: who was asked, and what was said.

It is one file that only its owner can read; the next conversation takes its place.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from fairlead.auth.sources import Environment
from fairlead.errors import ConfigError, InvalidRequest
from fairlead.keys.private_files import read_private, write_private
from fairlead.settings.places import state_folder
from fairlead.types.messages import Message

if TYPE_CHECKING:
    from pathlib import Path

MOST_BYTES = 32 << 20
"""Of all messages with their attachments; what is larger is not kept."""


class KeptConversation(Struct, frozen=True, omit_defaults=True):
    """`messages` without the system prompt, which stands by itself as it can be changed."""

    model: str
    messages: list[Message]
    system: str | None = None


def kept_file() -> Path:
    """Where it is."""
    return state_folder(Environment(os.environ)) / "conversation" / "last.json"


def kept() -> KeptConversation:
    """The conversation that goes on.

    Raises `InvalidRequest` where there is none, `ConfigError` where its file cannot be read.
    """
    path = kept_file()
    data = read_private(path, most=MOST_BYTES)
    if data is None:
        raise InvalidRequest(
            "there is no conversation to go on with; ask without --continue first "
            f"(one of more than {MOST_BYTES >> 20} MiB is not kept)"
        )
    try:
        return msgspec.json.decode(data, type=KeptConversation)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        problem = f"{path} holds no conversation that can go on; ask without --continue"
    raise InvalidRequest(problem)


def keep(conversation: KeptConversation) -> None:
    """In the place of the one before. A disk that is full, or not ours to write, ends no run."""
    path = kept_file()
    data = _encoded(conversation)
    with suppress(ConfigError, OSError):
        if data is not None:
            write_private(path, data)
        else:  # the one before must not pass for this one
            path.unlink(missing_ok=True)


def _encoded(conversation: KeptConversation) -> bytes | None:
    """As a file holds it; None where it is too large, or JSON has no form for it."""
    try:
        data = msgspec.json.encode(conversation)
    except (ValueError, OverflowError, TypeError):
        return None
    return data if len(data) <= MOST_BYTES else None
