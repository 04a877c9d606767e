"""One request in the words of each dialect."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead.dialects.registry import CHAT_DIALECTS, dialect_named
from fairlead.ports import Encoded
from fairlead.types.messages import Message
from fairlead.types.requests import ChatRequest, UnsupportedPolicy
from fairlead.types.targets import Quirks, Target

HI = Message.user("Hi")
DIALECTS = pytest.mark.parametrize("dialect", CHAT_DIALECTS)


def encode(
    dialect: str,
    *messages: Message,
    unsupported: UnsupportedPolicy = "error",
    lacking: tuple[str, ...] = (),
    **options: Any,
) -> Encoded:
    quirks = Quirks(unsupported=lacking)
    target = Target("p", "claude-sonnet-4-5", "chat", dialect, "https://p.example/", quirks)
    request = ChatRequest("m", messages or (HI,), **options)
    return dialect_named(dialect).encode(request, target, stream=False, unsupported=unsupported)
