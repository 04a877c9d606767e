"""Renewals run once, apart from the requests they serve, and fail in a way that tells no secret."""

from __future__ import annotations

import asyncio
import threading
import traceback

import pytest
from tests.engine.granting import LIFE, TOKEN_URL, credential, granted, refused, source

from fairlead.auth.flow import blocking
from fairlead.auth.secret import Secret
from fairlead.engine.runtime import AsyncRuntime, BlockingRuntime, drive
from fairlead.engine.tokens import Tokens
from fairlead.errors import (
    ConfigError,
    ConnectError,
    DeadlineExceeded,
    DecodeError,
    FairleadError,
    MissingCredentials,
    ProtocolError,
    ReadTimeout,
    ResponseTooLarge,
    ServerError,
)
from fairlead.testing.memory import Answer, MemoryTransport, Pause
from fairlead.testing.runtime import FakeRuntime
from fairlead.types.http import HttpRequest

URL = "https://api.example.com"
CANARY = "canary-of-the-grant"


class Setting:
    """Tokens on a fake clock, and one credential that they renew."""

    def __init__(self, *answers: Answer | FairleadError) -> None:
        self.runtime = FakeRuntime()
        self.transport = MemoryTransport(self.runtime, answers)
        self.tokens = Tokens(self.transport, self.runtime, random=lambda: 0.5)
        self.credential = credential(URL)

    def renew(self, allowed: float = 600.0) -> None:
        drive(self.tokens.renew(self.credential, self.runtime.now() + allowed))

    def sent(self) -> str:
        """The authorization that a request would carry now."""
        request = HttpRequest("POST", f"{URL}/v1")
        return dict(self.credential.authorize(request).headers)["authorization"]

    def failing(self, allowed: float = 600.0) -> FairleadError:
        with pytest.raises(FairleadError) as caught:
            self.renew(allowed)
        return caught.value


def test_a_token_is_fetched_once_and_then_held() -> None:
    setting = Setting(granted("one"))

    setting.renew()
    setting.renew()

    assert setting.sent() == "Bearer one"
    assert [request.url for request in setting.transport.requests] == [TOKEN_URL]
    assert setting.transport.open == 0


def test_a_flows_request_goes_out_as_the_flow_made_it() -> None:
    setting = Setting(granted("one"))

    setting.renew()

    (request,) = setting.transport.requests
    assert request.headers == ()


def test_it_is_renewed_five_minutes_before_its_end_and_up_to_a_minute_earlier() -> None:
    for dice, lead in ((0.0, 360.0), (0.5, 390.0)):  # a tenth of an hour is six minutes
        setting = Setting(granted("one"), granted("two"))
        setting.credential = credential(URL, source(lambda dice=dice: dice))
        setting.renew()

        setting.runtime.advance(LIFE - lead - 1)
        setting.renew()
        assert setting.sent() == "Bearer one"

        setting.runtime.advance(2)
        setting.renew()
        assert setting.sent() == "Bearer two"


def test_a_token_of_a_short_life_is_not_renewed_for_every_request() -> None:
    setting = Setting(granted("one", 100), granted("two", 100))
    setting.renew()

    setting.runtime.advance(40)
    setting.renew()

    assert len(setting.transport.requests) == 1


@pytest.mark.fault("P10", "the token that still holds stays in use; a failure is believed for 5 s")
def test_an_early_renewal_that_fails_keeps_the_token_in_use() -> None:
    setting = Setting(granted("one"), refused("invalid_grant"), granted("two"))
    setting.renew()
    setting.runtime.advance(LIFE - 100)

    setting.renew()
    setting.renew()
    assert setting.sent() == "Bearer one"
    assert len(setting.transport.requests) == 2  # a failure counts for five seconds

    setting.runtime.advance(5)
    setting.renew()
    assert setting.sent() == "Bearer two"


def test_an_early_renewal_delays_a_call_by_little_and_its_failure_is_remembered() -> None:
    silent = Answer((b"{}",), delay=11)
    setting = Setting(granted("one"), silent, granted("two"))
    setting.renew()
    setting.runtime.advance(LIFE - 100)
    began = setting.runtime.now()

    setting.renew()
    setting.renew()

    assert setting.runtime.now() - began <= 3
    assert len(setting.transport.requests) == 2
    assert setting.sent() == "Bearer one"


def test_an_asynchronous_call_goes_on_while_an_early_renewal_takes_its_time() -> None:
    async def run() -> None:
        transport, runtime = SlowTransport(granted("two")), AsyncRuntime()
        tokens, own = Tokens(transport, runtime), source()
        shared = credential(URL, own)
        own._value, own._renew_at, own._expires = Secret("one"), 0.0, float("inf")
        await tokens.renew(shared, runtime.now() + 0.05)
        assert own.read() == Secret("one")
        again = runtime.now()
        await tokens.renew(shared, runtime.now() + 20)  # nobody waits for the one that goes on
        assert runtime.now() - again < 0.5
        assert own.read() == Secret("one")
        transport.go.set()
        await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()})
        assert own.read() == Secret("two")
        assert len(transport.inner.requests) == 1

    asyncio.run(run())


def test_a_token_that_has_ended_is_not_sent_any_more() -> None:
    setting = Setting(granted("one"), refused("invalid_grant"))
    setting.renew()
    setting.runtime.advance(LIFE - 5)

    error = setting.failing()

    assert isinstance(error, MissingCredentials)
    assert "log in again" in str(error)
    assert error.exit_code == 3


@pytest.mark.fault("P10")
def test_a_failure_is_believed_for_five_seconds() -> None:
    setting = Setting(refused("invalid_grant"), granted("one"))

    assert str(setting.failing()) == str(setting.failing())
    setting.runtime.advance(5.1)
    setting.renew()

    assert len(setting.transport.requests) == 2


def test_each_caller_gets_an_error_of_its_own() -> None:
    setting = Setting(refused("invalid_grant"))

    first, second = setting.failing(), setting.failing()

    assert first is not second


@pytest.mark.parametrize(
    "passing",
    [
        Answer((b"<html>",), status=503),
        Answer((b"",), status=429),
        refused("temporarily_unavailable", 503),
        ConnectError("refused"),
        ProtocolError("cut"),
    ],
)
def test_a_passing_failure_is_tried_again_here(passing) -> None:
    setting = Setting(passing, passing, granted("one"))

    setting.renew()

    assert setting.sent() == "Bearer one"
    assert len(setting.runtime.slept) == 2


def test_after_three_tries_it_is_not_tried_once_more_by_the_retries() -> None:
    setting = Setting(*[Answer((b"",), status=502)] * 3)

    error = setting.failing()

    assert isinstance(error, ServerError)
    assert error.retry_class == "never"


def test_a_line_that_fails_says_whose_it_was() -> None:
    setting = Setting(*[ConnectError("connection refused")] * 3)

    error = setting.failing()

    assert str(error) == "no new credential from sign-in.example: connection refused"


def test_a_server_that_is_silent_is_given_ten_seconds() -> None:
    setting = Setting(*[Answer((b"{}",), delay=11)] * 3)

    assert isinstance(setting.failing(), ReadTimeout)
    assert setting.runtime.now() < 1000 + 3 * 10 + 5


@pytest.mark.invariant("I20")
def test_the_calls_deadline_stands_above_the_renewal() -> None:
    setting = Setting(Answer((b"{}",), delay=11), granted("one"))

    error = setting.failing(allowed=2)
    setting.renew()  # it is no failure of the server's

    assert isinstance(error, DeadlineExceeded)
    assert setting.sent() == "Bearer one"


def test_a_drip_of_bytes_ends_as_well() -> None:
    drip = Answer([b" ", Pause(3)] * 9)
    setting = Setting(drip, drip, drip)

    assert isinstance(setting.failing(), ReadTimeout)
    assert setting.transport.open == 0


NONSENSE = {
    "page": Answer((b"<html>canary-of-the-grant</html>",)),
    "empty": Answer(()),
    "list": Answer((b"[]",)),
    "no token": Answer((b'{"refresh_token":"canary-of-the-grant"}',)),
    "number": Answer((b'{"access_token":5,"x":"canary-of-the-grant"}',)),
    "break": Answer((b'{"access_token":"canary-of-the-grant\\r\\nx: y"}',)),
    "cut": Answer((b'{"access_token":"canary-of-the-gr',)),
    "deep": Answer((b"[" * 100_000,)),
    "bytes": Answer((b"\xff\xfe\x00",)),
    "redirect": Answer((), status=302, headers=(("location", "https://evil.example"),)),
}


@pytest.mark.parametrize("answer", NONSENSE.values(), ids=NONSENSE.keys())
def test_nonsense_is_a_typed_error(answer) -> None:
    assert isinstance(Setting(answer, answer, answer).failing(), DecodeError | ServerError)


def test_an_endless_answer_is_cut() -> None:
    setting = Setting(Answer([b"x" * (1 << 16)] * 64))

    assert isinstance(setting.failing(), ResponseTooLarge)
    assert setting.transport.open == 0


def everything_about(error: BaseException) -> str:
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    seen = [error]
    while (deeper := seen[-1].__cause__ or seen[-1].__context__) is not None:
        seen.append(deeper)
    return "".join(shown.format()) + "".join(repr(e) + repr(vars(e)) for e in seen)


@pytest.mark.parametrize(
    "answer",
    [
        *NONSENSE.values(),
        Answer((b'{"error":"invalid_grant","error_description":"canary-of-the-grant"}',), 400),
        Answer((b'{"error":"canary-of-the-grant"}',), status=500),
        ConnectError("refused"),
        ProtocolError("cut"),
    ],
)
@pytest.mark.invariant("I8")
def test_no_failure_tells_a_secret(answer) -> None:
    error = Setting(answer, answer, answer).failing()

    assert CANARY not in everything_about(error)
    assert error.__context__ is None


def test_a_mistake_in_a_flow_shows_nothing_of_what_it_holds() -> None:
    def broken(wall):
        secret = CANARY
        yield from blocking(lambda: secret)
        raise KeyError(secret)

    setting = Setting()
    setting.credential = credential(URL, source(flow=broken))

    error = setting.failing()

    assert isinstance(error, ConfigError)
    assert "KeyError" in str(error)
    assert CANARY not in everything_about(error)


def test_what_blocks_is_run_by_the_runtime_and_its_error_reaches_the_flow() -> None:
    def reading(wall):
        yield from blocking(lambda: (_ for _ in ()).throw(ConfigError("the file is broken")))

    setting = Setting()
    setting.credential = credential(URL, source(flow=reading))

    assert str(setting.failing()) == "the file is broken"


def test_a_place_without_anything_is_asked_again_only_after_a_minute() -> None:
    asked = []

    def nothing(wall):
        asked.append(wall)
        yield from ()

    setting = Setting()
    setting.credential = credential(URL, source(flow=nothing))

    for _ in range(3):
        setting.renew()
    assert len(asked) == 1

    setting.runtime.advance(61)
    setting.renew()
    assert len(asked) == 2


class SlowTransport:
    """Holds every answer back until `go` is set."""

    Gate: type = asyncio.Event

    def __init__(self, answer: Answer) -> None:
        self.inner = MemoryTransport(FakeRuntime(), [answer] * 50)
        self.go = self.Gate()

    async def send(self, request, *, deadline, timeouts):
        await self.go.wait()
        return await self.inner.send(request, deadline=1e9, timeouts=timeouts)


class BlockingTransport(SlowTransport):
    Gate = threading.Event

    async def send(self, request, *, deadline, timeouts):
        assert self.go.wait(20)
        return await self.inner.send(request, deadline=1e9, timeouts=timeouts)


@pytest.mark.invariant("I13")
def test_many_tasks_share_one_renewal_and_a_cancelled_one_harms_nobody() -> None:
    async def run() -> int:
        transport, runtime = SlowTransport(granted("one")), AsyncRuntime()
        tokens, shared = Tokens(transport, runtime), credential(URL)
        tasks = [asyncio.ensure_future(tokens.renew(shared, runtime.now() + 60)) for _ in range(20)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        tasks[0].cancel()
        transport.go.set()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert isinstance(results[0], asyncio.CancelledError)
        assert results[1:] == [None] * 19
        return len(transport.inner.requests)

    assert asyncio.run(run()) == 1


def test_a_task_with_less_time_goes_and_the_others_get_the_token() -> None:
    async def run() -> None:
        transport, runtime = SlowTransport(granted("one")), AsyncRuntime()
        tokens, shared = Tokens(transport, runtime), credential(URL)
        patient = asyncio.ensure_future(tokens.renew(shared, runtime.now() + 60))
        await asyncio.sleep(0)
        with pytest.raises(DeadlineExceeded):
            await tokens.renew(shared, runtime.now() + 0.02)
        transport.go.set()
        await patient
        assert len(transport.inner.requests) == 1

    asyncio.run(run())


def test_many_threads_share_one_renewal() -> None:
    transport, runtime = BlockingTransport(granted("one")), BlockingRuntime()
    tokens, shared = Tokens(transport, runtime), credential(URL)
    errors: list[BaseException] = []

    def ask() -> None:
        try:
            drive(tokens.renew(shared, runtime.now() + 60))
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    transport.go.set()
    for thread in threads:
        thread.join(20)

    assert errors == []
    assert len(transport.inner.requests) == 1


def test_a_credential_of_the_same_name_is_not_left_without_a_token() -> None:
    """Two providers with one place: who comes second runs the renewal for itself."""
    setting = Setting(granted("one"), granted("two"))
    setting.renew()
    setting.credential = credential(URL)

    setting.renew()

    assert setting.sent() == "Bearer two"
