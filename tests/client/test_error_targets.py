"""Every error of a call says whom it is about: the provider and the model."""

from __future__ import annotations

from typing import Any

import pytest
from tests.client.conftest import settings_for
from tests.client.wire import begun, chunk, streamed

from fairlead import DecodeError, FairleadError, StreamInterrupted, TransportError
from fairlead.engine.reply import name_target
from fairlead.errors import BudgetExceeded, ResponseTooLarge, ServerError
from fairlead.ports import Limits, Timeouts
from fairlead.testing.server import Close, Pause, ScriptedServer, Step, respond
from fairlead.types.messages import Message

JSON = [("Content-Type", "application/json")]
SHORT = Timeouts(connect=20, pool=20, first_event=20, idle=0.3)
NARROW = Limits(total=64 << 10)


@pytest.mark.parametrize(
    ("kind", "steps", "streams"),
    [
        (TransportError, [Close()], False),
        (DecodeError, respond(200, JSON, b"{"), False),
        (DecodeError, respond(200, [("Content-Type", "text/html")], b"<html>"), False),
        (ResponseTooLarge, respond(200, JSON, b'"' + b"x" * (128 << 10) + b'"'), False),
        (ServerError, respond(500, JSON, b"{}"), True),
        (StreamInterrupted, [begun(chunk({"content": "Ra"})), Close()], True),
        (StreamInterrupted, [begun(chunk({"content": "Ra"})), b"0\r\n\r\n"], True),
        (StreamInterrupted, [begun(chunk({"content": "Ra"})), Pause(30)], True),
    ],
)
def test_an_error_names_provider_and_model(
    opened: Any, kind: type[FairleadError], steps: list[Step], *, streams: bool
) -> None:
    with ScriptedServer(steps) as server:
        client = opened(settings_for(server.url, timeouts=SHORT, limits=NARROW))
        ask = client.stream if streams else client.chat
        with pytest.raises(kind) as caught:
            ask("fake/m", "Hi")
    assert str(caught.value).count("fake/m") == 1


def test_nobody_there_is_told_of_the_target_too(opened: Any) -> None:
    with ScriptedServer(streamed("Hi")) as server:
        url = server.url
    with pytest.raises(TransportError, match=r"^fake/m: \S"):
        opened(settings_for(url)).chat("fake/m", "Hi")


def test_what_names_the_target_already_and_what_is_about_no_target_stay_as_they_are() -> None:
    named = StreamInterrupted("a/b: cut", partial=Message.assistant())
    ours = BudgetExceeded("too dear", account="x", limit=1)  # type: ignore[arg-type]
    for error in (named, ours, KeyboardInterrupt("stop"), None):
        before = str(error)
        name_target(error, "a/b")
        assert str(error) == before
