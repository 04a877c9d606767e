"""Keys that a server sends back are hidden in errors, in their causes, and in what shows them."""

from __future__ import annotations

import traceback

import pytest

from fairlead.engine.echoes import hide_echoes
from fairlead.errors import DecodeError, FairleadError, ServerError, StreamInterrupted
from fairlead.types.messages import Message

CANARY = "canary-7c02fe-secret-key"


def redact(data: bytes) -> bytes:
    return data.replace(CANARY.encode(), b"***")


def shown(error: BaseException) -> str:
    """What a traceback with local variables tells, but for those of the tests."""
    told = [str(error), repr(error), str(vars(error))]
    for step, _ in traceback.walk_tb(error.__traceback__):
        if step.f_code.co_name.startswith("read_"):
            told.append(str(step.f_locals))
    told += [shown(cause) for cause in (error.__cause__, error.__context__) if cause is not None]
    return "\n".join(told)


def read_event(body: str) -> None:
    raise ServerError(f"it said {body}", status=500, target="a/m", code=body, excerpt=body)


def read_answer(body: str) -> None:
    try:
        raise ValueError(f"nonsense: {body}")
    except ValueError as error:
        raise DecodeError("the answer is not valid JSON") from error


def read_stream(body: str) -> None:
    try:
        read_event(body)
    except FairleadError as error:
        raise StreamInterrupted(
            f"the stream was cut: {error}", partial=Message("assistant", ())
        ) from error


@pytest.mark.parametrize("read", [read_event, read_answer, read_stream])
def test_nothing_of_an_error_or_its_causes_shows_the_key(read) -> None:
    with pytest.raises(FairleadError) as caught:
        read(f"wrong: {CANARY}")
    error = caught.value
    assert CANARY in shown(error)
    hide_echoes(error, redact, "a/m")
    assert CANARY not in shown(error)


def test_the_words_around_it_stay() -> None:
    with pytest.raises(ServerError) as caught:
        read_event(f"wrong: {CANARY}")
    hide_echoes(caught.value, redact, "a/m")
    assert caught.value.code == caught.value.excerpt == "wrong: ***"
    assert caught.value.status == 500


def test_an_error_without_one_is_left_as_it_is() -> None:
    with pytest.raises(DecodeError) as caught:
        read_answer("half \ud83d")
    cause, steps = caught.value.__cause__, caught.value.__traceback__
    hide_echoes(caught.value, redact, "a/m")
    assert cause is not None
    assert (caught.value.__cause__, caught.value.__traceback__) == (cause, steps)


def test_what_is_none_of_ours_is_let_through() -> None:
    error = KeyboardInterrupt(CANARY)
    hide_echoes(error, redact, "a/m")
    assert error.args == (CANARY,)
    hide_echoes(None, redact, "a/m")


def test_words_of_the_targets_own_name_stay() -> None:
    error = DecodeError("ollama/llama3 spoke nonsense")
    hide_echoes(error, lambda data: data.replace(b"ollama", b"***"), "ollama/llama3")
    assert str(error) == "ollama/llama3 spoke nonsense"
