"""Streams in AWS frames through the whole stack: what is retried, and what is interrupted."""

from __future__ import annotations

import pytest
from tests.dialects.bedrock_converse.asking import ASK, target
from tests.dialects.bedrock_converse.building import METADATA, START, delta, end, stop
from tests.frames import exception

from fairlead.dialects.bedrock_converse import DIALECT
from fairlead.engine.codecs import ChatCodec
from fairlead.errors import BadRequestError, RateLimitError, StreamInterrupted
from fairlead.ports import Limits
from fairlead.testing.memory import Answer
from fairlead.types.requests import ChatRequest

FRAMED = (("content-type", "application/vnd.amazon.eventstream"),)
HELLO = delta(0, {"text": "Hello"})
GOOD = START + HELLO + end(0) + stop() + METADATA


def served(*frames: bytes) -> Answer:
    return Answer(frames, headers=FRAMED)


def asked(rig):
    call = rig.call(stream=True)
    call.codec = ChatCodec(
        DIALECT,
        ChatRequest("m", ASK),
        target(),
        stream=True,
        unsupported="error",
        limits=Limits(),
    )
    return call


def test_one_form_of_stream_is_accepted(rig) -> None:
    accepted = [value for name, value in asked(rig).codec.request().headers if name == "accept"]
    assert accepted == ["application/vnd.amazon.eventstream"]


def test_an_exception_in_front_of_all_content_is_retried_if_it_may_pass(rig) -> None:
    rig.serve(served(exception("throttlingException", {"message": "slow down"})), served(GOOD))
    reply = rig.run(asked(rig))
    rig.events(reply)
    assert reply.result().text == "Hello"
    assert len(reply.receipt.attempts) == 2


def test_an_exception_in_front_of_all_content_is_raised_if_it_will_not(rig) -> None:
    rig.serve(served(START, exception("validationException", {"message": "no such field"})))
    with pytest.raises(BadRequestError, match="no such field"):
        rig.run(asked(rig))


def test_an_exception_behind_content_interrupts_the_stream(rig) -> None:
    rig.serve(served(START + HELLO, exception("throttlingException", {"message": "slow down"})))
    reply = rig.run(asked(rig))
    with pytest.raises(StreamInterrupted) as caught:
        rig.events(reply)
    assert caught.value.partial is not None
    assert caught.value.partial.text == "Hello"
    assert isinstance(caught.value.__cause__, RateLimitError)


def test_the_usage_comes_behind_the_end_and_is_part_of_the_answer(rig) -> None:
    rig.serve(served(START + HELLO, end(0) + stop(), METADATA))
    reply = rig.run(asked(rig))
    rig.events(reply)
    assert reply.result().usage is not None


def test_a_line_that_breaks_behind_the_end_costs_only_the_usage(rig) -> None:
    rig.serve(served(START + HELLO + end(0) + stop(), METADATA[:20]))
    reply = rig.run(asked(rig))
    rig.events(reply)
    answer = reply.result()
    assert (answer.text, answer.usage) == ("Hello", None)
    assert "usage" in answer.warnings[0]
