"""Rows of the fault table that need a broken line, through the whole client, in both colours."""

from __future__ import annotations

from contextlib import nullcontext, suppress
from typing import Any

import pytest
from tests.client.conftest import KEY, settings_for
from tests.client.wire import DONE, begun, chunk, pieces, streamed, whole
from tests.faults.lines import swallowing
from tests.ports import free_port
from tests.timing import TRIES, prompt

from fairlead.errors import (
    ConnectError,
    ConnectTimeout,
    DeadlineExceeded,
    FairleadError,
    ProtocolError,
    ReadTimeout,
    StreamInterrupted,
)
from fairlead.policies.breaker import BreakerPolicy
from fairlead.ports import Timeouts
from fairlead.settings import ProviderSettings, RetrySettings, Settings
from fairlead.testing.proxy import FaultProxy
from fairlead.testing.server import Close, Pause, ScriptedServer, Step, respond, stream
from fairlead.testing.toxics import Bandwidth, HalfOpen, Latency, LimitData, ResetPeer, Slicer
from fairlead.types.http import HttpSettings

HELLO = chunk({"content": "Hello"})
MODEM = 64_000 / 8


def raised(opened: Any, url: str, **changes: Any) -> FairleadError:
    """The error of a call to `url`."""
    with pytest.raises(FairleadError) as caught:
        opened.at(url, **changes).chat("fake/m", "Hi")
    return caught.value


@pytest.mark.fault("C1")
def test_c1_where_nobody_listens_four_attempts_are_made_and_the_breaker_counts_each(opened) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    client = opened.at(url, retry=RetrySettings(), breaker=BreakerPolicy(failures=4))
    with pytest.raises(ConnectError) as caught:
        client.chat("fake/m", "Hi")

    attempts = caught.value.receipt.attempts
    assert [attempt.possibly_billed for attempt in attempts] == [False] * 4
    assert client.client.health("fake/m").breaker == "open"


@pytest.mark.fault("C2", "`ConnectTimeout` after 5 s, not when the system gives up; sent again")
def test_c2_a_host_that_swallows_connections_is_given_up_on_in_time(opened) -> None:
    with swallowing() as port:
        for watch in prompt(5.0, least=0.25):
            with watch:
                error = raised(opened, f"http://127.0.0.1:{port}", timeouts=Timeouts(connect=0.3))

    assert isinstance(error, ConnectTimeout)
    assert (error.retry_class, error.sent) == ("unsent", False)


@pytest.mark.parametrize("first", ["refuses", "swallows"])
@pytest.mark.fault("C6", "the second address is used, within the time to connect")
@pytest.mark.asks("reused")
def test_c6_a_dead_first_address_gives_way_to_the_second(opened, first: str) -> None:
    with ScriptedServer(whole()) as server:
        port = server.port
        with swallowing("::1", port) if first == "swallows" else nullcontext():
            answer = opened.at(f"http://localhost:{port}").chat("fake/m", "Hi")

    (attempt,) = answer.receipt.attempts
    assert answer.text == "Hello there"
    assert attempt.timings.connect < 4


@pytest.mark.fault("C13", "the answer, or an error in time; nothing is sent twice")
def test_c13_a_line_that_stalls_at_random_carries_a_stream_in_one_attempt(opened) -> None:
    texts = [f"word {n} " for n in range(20)]
    with ScriptedServer(streamed(*texts)) as server:
        toxics = (Latency(0, jitter=0.1), Slicer(200), Latency(0, jitter=0.1, toward="server"))
        with FaultProxy(server.url, *toxics) as proxy:
            _, answer = opened.at(proxy.url, retry=RetrySettings()).stream("fake/m", "Hi")

    assert answer.text == "".join(texts)
    assert len(answer.receipt.attempts) == len(server.requests) == 1


@pytest.mark.fault("C14", "no timeout while bytes flow; the deadline of the call still ends it")
def test_c14_a_slow_line_is_no_silence(opened) -> None:
    text = "x" * 4000
    with ScriptedServer(streamed(*[text[:200]] * 20)) as server:
        with FaultProxy(server.url, Bandwidth(MODEM)) as proxy:
            client = opened.at(proxy.url, timeouts=Timeouts(first_event=2, idle=0.4, progress=0.4))

            def carried() -> bool:
                """Whether it came to its end, and not by a machine that stood still for 0.4 s."""
                with suppress(StreamInterrupted):
                    _, answer = client.stream("fake/m", "Hi")
                    assert answer.text == text
                    return answer.receipt.seconds > 0.5
                return False

            assert any(carried() for _ in range(TRIES))


@pytest.mark.fault("C14")
@pytest.mark.parametrize("streams", [False, True])
def test_c14_the_deadline_ends_what_is_too_slow(opened, streams: bool) -> None:
    answer = streamed(*["x" * 200] * 60) if streams else whole("x" * 20_000)
    with ScriptedServer(answer) as server, FaultProxy(server.url, Bandwidth(MODEM)) as proxy:
        client = opened.at(proxy.url)
        for watch in prompt(1.9):
            with watch, pytest.raises(FairleadError) as caught:
                (client.stream if streams else client.chat)("fake/m", "Hi", deadline=0.6)

    cause = caught.value.__cause__ if streams else caught.value
    assert isinstance(cause, DeadlineExceeded)


@pytest.mark.fault("C15")
@pytest.mark.invariant("I9")
def test_c15_single_bytes_on_the_line_make_the_same_events(opened) -> None:
    with ScriptedServer(streamed("Grüße ", "🙂")) as server, FaultProxy(server.url) as proxy:
        client = opened.at(proxy.url)
        plain, _ = client.stream("fake/m", "Hi")
        proxy.set(Slicer(1), Slicer(1, toward="server"))
        sliced, answer = client.stream("fake/m", "Hi")

    assert sliced == plain
    assert answer.text == "Grüße 🙂"


@pytest.mark.fault("C16", "`ReadTimeout` after 60 s, behind an event `StreamInterrupted`")
def test_c16_a_peer_that_is_gone_without_a_word_is_a_timeout(opened, quick) -> None:
    with ScriptedServer([begun(HELLO), Pause(30)]) as server:
        with FaultProxy(server.url, HalfOpen()) as proxy:
            with pytest.raises(ReadTimeout) as silent:
                opened.at(proxy.url, **quick).stream("fake/m", "Hi")
            assert silent.value.phase == "first_event"
            proxy.set(HalfOpen(len(begun(HELLO)) + 3))
            with pytest.raises(StreamInterrupted) as caught:
                opened.at(proxy.url, **quick).stream("fake/m", "Hi")

    assert caught.value.partial.text == "Hello"
    assert caught.value.__cause__.phase == "idle"


@pytest.mark.fault("C20")
@pytest.mark.parametrize("status", [407, 502])
@pytest.mark.asks("settings")
def test_c20_a_proxy_that_refuses_sees_neither_key_nor_request(opened, status: int) -> None:
    own = ProviderSettings(base_url="https://api.example.com/v1", key=settings_key())
    with ScriptedServer([*respond(status, (), b"who are you?"), Close()]) as proxy:
        http = HttpSettings(proxy=proxy.url)
        retry = RetrySettings(max_retries=0)
        client = opened(Settings(providers={"fake": own}, http=http, retry=retry))
        with pytest.raises(ConnectError, match="proxy") as caught:
            client.chat("fake/m", "Hi")

    assert (caught.value.retry_class == "never") == (status == 407)
    assert {request.method for request in proxy.requests} == {"CONNECT"}
    assert KEY not in repr(proxy.requests)


def settings_key() -> Any:
    return settings_for("http://127.0.0.1:9").providers["fake"].key


def sweep(opened: Any, toxic: type[LimitData | ResetPeer], wire: bytes) -> dict[int, str]:
    """The outcome of a stream that is cut behind each of its bytes."""
    outcomes: dict[int, str] = {}
    with ScriptedServer([wire]) as server, FaultProxy(server.url) as proxy:
        client = opened.at(proxy.url)
        for cut in range(1, len(wire)):
            proxy.set(toxic(cut))
            try:
                _, answer = client.stream("fake/m", "Hi")
                outcomes[cut] = answer.text
            except FairleadError as error:
                outcomes[cut] = type(error).__name__
    return outcomes


def short_stream() -> tuple[bytes, int]:
    """A whole stream in few bytes, and where its terminal event ends."""
    frames = [chunk({"content": "Hi"}), chunk({}, "stop"), DONE]
    body = b"".join(b"%x\r\n%b\r\n" % (len(frame), frame) for frame in frames) + b"0\r\n\r\n"
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n"
    wire = head + b"\r\n" + body
    last = b'"finish_reason": "stop"}]}'
    return wire, wire.index(last) + len(last)


@pytest.mark.fault("S18")
@pytest.mark.asks("last_words")
def test_s18_an_end_behind_any_byte_is_the_answer_or_an_interruption(opened) -> None:
    wire, terminal = short_stream()
    outcomes = sweep(opened, LimitData, wire)

    early = {outcome for cut, outcome in outcomes.items() if cut < terminal}
    late = {outcome for cut, outcome in outcomes.items() if cut >= terminal}
    assert early == {"ProtocolError", "StreamInterrupted"}
    assert late == {"Hi"}


@pytest.mark.fault("S18")
def test_s18_a_reset_behind_any_byte_never_makes_half_an_answer(opened) -> None:
    wire, terminal = short_stream()
    outcomes = sweep(opened, ResetPeer, wire)

    early = {outcome for cut, outcome in outcomes.items() if cut < terminal}
    assert early <= {"ProtocolError", "StreamInterrupted"}
    assert set(outcomes.values()) <= {"ProtocolError", "StreamInterrupted", "Hi"}


@pytest.mark.fault("S15")
def test_s15_a_consumer_that_breaks_off_closes_the_connection_within_a_second(opened) -> None:
    from tests.transports.colours import until

    with ScriptedServer([begun(HELLO), Pause(30)]) as server:
        for watch in prompt(1.0):
            _, left = opened.at(server.url).first(1, "fake/m", "Hi")
            with watch:
                assert until(lambda: server.open_connections == 0)

    assert left.receipt.attempts[0].error == "closed before its end"


@pytest.mark.fault("S12")
@pytest.mark.fault("S13")
@pytest.mark.parametrize("ends", [b"\n", b"\r\n", b"\r"])
def test_s12_s13_every_line_end_in_slices_of_every_size_reads_the_same(opened, ends: bytes) -> None:
    text = b"\xef\xbb\xbf" + b"id: 7\nretry: 9\n: hm\n" + b"".join(pieces("né", "日本"))
    body = text.replace(b"\n", ends)
    steps: list[Step] = [
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n",
        body,
        Close(),
    ]
    with ScriptedServer(steps) as server, FaultProxy(server.url) as proxy:
        client = opened.at(proxy.url)
        for size in (1, 2, 3, 5, 64):
            proxy.set(Slicer(size))
            _, answer = client.stream("fake/m", "Hi")
            assert answer.text == "né日本"


@pytest.mark.fault("C3")
@pytest.mark.fault("C11")
def test_c3_a_line_that_breaks_before_the_answer_says_whether_it_was_sent(opened) -> None:
    with ScriptedServer(list(stream([HELLO]))) as server:
        with FaultProxy(server.url, ResetPeer(1)) as proxy:
            error = raised(opened, proxy.url)

    assert isinstance(error, ProtocolError)
    assert error.sent
    assert error.receipt.attempts[0].possibly_billed
