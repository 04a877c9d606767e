"""The fault rows of framing, content and streaming, through the whole client, in both colours.

Names carry the row of the fault table: H for framing and content, S for streaming, P for semantics.
"""

from __future__ import annotations

import gzip
import json

import pytest
from tests.client.conftest import settings_for
from tests.client.wire import DONE, JSON, USAGE, begun, chunk, data, pieces, streamed, whole
from tests.timing import prompt

from fairlead import TextDelta
from fairlead.errors import (
    AuthenticationError,
    DeadlineExceeded,
    DecodeError,
    FairleadError,
    OverloadedError,
    ProtocolError,
    QuotaExceededError,
    RateLimitError,
    ReadTimeout,
    ResponseTooLarge,
    ServerError,
    StreamInterrupted,
)
from fairlead.ports import Timeouts
from fairlead.settings import RetrySettings
from fairlead.testing.server import (
    Close,
    Pause,
    Repeat,
    Reset,
    ScriptedServer,
    respond,
    stream,
)

HELLO = chunk({"content": "Hello"})


def interrupted(opened, *script, **changes) -> StreamInterrupted:
    """The error of a stream that has begun and is then broken by `script`."""
    with ScriptedServer([begun(HELLO), *script]) as server:
        with pytest.raises(StreamInterrupted) as caught:
            opened.at(server.url, **changes).stream("fake/m", "Hi")
        assert len(server.requests) == 1
    assert caught.value.partial.text.startswith("Hello")
    assert caught.value.receipt.attempts[-1].error.startswith("StreamInterrupted")
    return caught.value


@pytest.mark.fault("H2")
def test_h2_a_body_shorter_than_promised_is_never_accepted(opened) -> None:
    short = [b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{}"]
    with ScriptedServer([*short, Close()]) as server, pytest.raises(ProtocolError):
        opened.at(server.url).chat("fake/m", "Hi")


@pytest.mark.fault("H3", "the answer, complete")
def test_h3_a_chunked_body_may_break_off_behind_its_terminal_event(opened) -> None:
    with ScriptedServer([begun(*pieces("Hello")), Close()]) as server:
        _, answer = opened.at(server.url).stream("fake/m", "Hi")

    assert answer.text == "Hello"


@pytest.mark.fault("H4", "`StreamInterrupted` with what had come")
def test_h4_a_chunked_body_that_breaks_off_before_it_is_interrupted(opened) -> None:
    error = interrupted(opened, Close())

    assert isinstance(error.__cause__, ProtocolError)


@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.fault("H5", "`DecodeError` with at most 300 characters of it; may be sent again")
def test_h5_a_sign_in_page_is_an_error(opened, streams) -> None:
    page = respond(200, (("Content-Type", "text/html"),), b"<html>\x1b[31mSign in</html>")
    with ScriptedServer(page) as server:
        client = opened.at(server.url)
        with pytest.raises(DecodeError, match="web page") as caught:
            (client.stream if streams else client.chat)("fake/m", "Hi")

    assert caught.value.retryable
    assert len(caught.value.excerpt) <= 300


@pytest.mark.fault("H6", "a success that says `empty`, paid, not sent again")
def test_h6_an_empty_answer_is_a_success_with_its_usage(opened) -> None:
    with ScriptedServer(whole("")) as server:
        answer = opened.at(server.url, retry=RetrySettings()).chat("fake/m", "Hi")

    assert answer.empty
    assert (answer.finish_reason, answer.usage.total_tokens) == ("stop", 13)
    assert len(server.requests) == 1


@pytest.mark.fault("H6")
def test_h6_an_empty_body_is_a_success_too(opened) -> None:
    with ScriptedServer(respond(200, JSON, b"")) as server:
        answer = opened.at(server.url, retry=RetrySettings()).chat("fake/m", "Hi")

    assert answer.empty
    assert answer.usage is None
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ({"message": "slow", "code": 429}, RateLimitError),
        ({"message": "no", "type": "insufficient_quota"}, QuotaExceededError),
        ({"message": "busy", "type": "overloaded_error"}, OverloadedError),
        ({"message": "key", "code": "invalid_api_key"}, AuthenticationError),
        ({"message": "down"}, ServerError),
    ],
)
@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.fault("H7", "the error of its code, as if it were a status")
def test_h7_an_error_inside_a_200_is_classified_like_a_status(
    opened, streams, error, expected
) -> None:
    with ScriptedServer(respond(200, JSON, json.dumps({"error": error}).encode())) as server:
        client = opened.at(server.url)
        with pytest.raises(expected):
            (client.stream if streams else client.chat)("fake/m", "Hi")


@pytest.mark.parametrize(
    "content", [b'"\\ud800 lone"', b'"bad \xff byte"', b'"\\u0000"', '"naïve 🙂"'.encode()]
)
@pytest.mark.fault("H8", "the text, with replacements where it is none")
def test_h8_odd_text_never_crashes(opened, content) -> None:
    body = b'\xef\xbb\xbf{"choices":[{"message":{"content":%b},"finish_reason":"stop"}]}' % content
    with ScriptedServer(respond(200, JSON, body)) as server:
        answer = opened.at(server.url).chat("fake/m", "Hi")

    answer.text.encode()
    assert answer.finish_reason == "stop"


@pytest.mark.fault("H9", "`DecodeError`")
def test_h9_a_hundred_thousand_levels_of_nesting_are_a_typed_error(opened) -> None:
    with ScriptedServer(respond(200, JSON, b"[" * 100_000 + b"]" * 100_000)) as server:
        with pytest.raises(DecodeError):
            opened.at(server.url).chat("fake/m", "Hi")


@pytest.mark.parametrize("number", [b"NaN", b"1e999", b"-5", b"9" * 5000, b'"12"'])
@pytest.mark.fault("H10", "no figure, or `DecodeError`; never an absurd usage or cost")
def test_h10_absurd_usage_never_becomes_a_figure(opened, number) -> None:
    body = (
        b'{"choices":[{"message":{"content":"x"},"finish_reason":"stop"}],'
        b'"usage":{"prompt_tokens":%b,"completion_tokens":4}}' % number
    )
    with ScriptedServer(respond(200, JSON, body)) as server:
        try:
            answer = opened.at(server.url).chat("fake/m", "Hi")
        except DecodeError:
            return
    assert answer.usage is None or 0 <= answer.usage.input_tokens < 10**15


@pytest.mark.fault(
    "H11",
    "`ResponseTooLarge` at the cap, with little memory; what cannot be unpacked is `ProtocolError`",
)
def test_h11_a_compressed_bomb_is_stopped_at_the_cap(opened, quick) -> None:
    bomb = gzip.compress(b"x" * (64 << 20))
    headers = (*JSON, ("Content-Encoding", "gzip"))
    with ScriptedServer(respond(200, headers, bomb)) as server, pytest.raises(ResponseTooLarge):
        opened.at(server.url, **quick).chat("fake/m", "Hi")


@pytest.mark.fault("H11")
def test_h11_compressed_answers_are_read(opened) -> None:
    body = whole("Hello")[0].split(b"\r\n\r\n", 1)[1]
    answer = respond(200, (*JSON, ("Content-Encoding", "gzip")), gzip.compress(body))
    with ScriptedServer(answer) as server:
        assert opened.at(server.url).chat("fake/m", "Hi").text == "Hello"

    assert "gzip" in server.requests[0].header("accept-encoding")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.fault("H12", "`ProtocolError`; the other server sees nothing")
def test_h12_a_redirect_is_not_followed(opened, status) -> None:
    with ScriptedServer(whole()) as other:
        away = respond(status, (("Location", f"{other.url}/steal?x=1"),))
        with ScriptedServer(away) as server:
            with pytest.raises(ProtocolError, match="never followed"):
                opened.at(server.url, retry=RetrySettings()).chat("fake/m", "Hi")

        assert other.connections == 0
    assert len(server.requests) == 1


@pytest.mark.fault("H13", "the error of its status; 64 KiB are read and the connection closed")
def test_h13_of_a_huge_error_body_only_the_head_is_read(opened) -> None:
    head = b"HTTP/1.1 500 No\r\nContent-Length: 104857600\r\n\r\n"
    with ScriptedServer([head, Repeat(b"x" * 65536, 1600)]) as server:
        for watch in prompt(5.0):
            with watch, pytest.raises(ServerError) as caught:
                opened.at(server.url).chat("fake/m", "Hi")

    assert caught.value.excerpt == "x" * 300


@pytest.mark.fault("H15", "let be; never an error")
def test_h15_unknown_fields_and_values_are_let_be(opened) -> None:
    odd = whole(novel={"a": [1]}, object="chat.completion.v9", service_tier=None)
    with ScriptedServer(odd) as server:
        assert opened.at(server.url).chat("fake/m", "Hi").text == "Hello there"


@pytest.mark.fault("S1", "`ReadTimeout` after 60 s, sent again")
def test_s1_silence_behind_the_headers_is_retried(opened, quick) -> None:
    silent = [begun(), Pause(30)]
    with ScriptedServer(silent, streamed("Hello")) as server:
        settings = settings_for(server.url, **quick | {"retry": RetrySettings(max_retries=1)})
        _, answer = opened(settings).stream("fake/m", "Hi")

    first, _ = answer.receipt.attempts
    assert "nothing came" in first.error
    assert first.possibly_billed


@pytest.mark.fault("S2", "`StreamInterrupted` after 60 s of silence, not sent again")
def test_s2_silence_behind_an_event_is_interrupted(opened, quick) -> None:
    error = interrupted(opened, Pause(30), **quick)

    assert isinstance(error.__cause__, ReadTimeout)
    assert error.__cause__.phase == "idle"


@pytest.mark.fault("S3", "`StreamInterrupted` after 180 s without progress")
def test_s3_pings_forever_are_no_progress(opened) -> None:
    pings = [step for _ in range(100) for step in (b"8\r\n: ping\n\n\r\n", Pause(0.1))]
    error = interrupted(opened, *pings, timeouts=Timeouts(idle=20, progress=1.2))

    assert error.__cause__.phase == "progress"


@pytest.mark.fault("S4", "sent again")
def test_s4_an_end_before_the_first_event_is_retried(opened) -> None:
    empty = list(stream([]))
    with ScriptedServer(empty, streamed("Hello")) as server:
        settings = settings_for(server.url, retry=RetrySettings(max_retries=1))
        _, answer = opened(settings).stream("fake/m", "Hi")

    assert [a.error is None for a in answer.receipt.attempts] == [False, True]


@pytest.mark.fault("S5", "`StreamInterrupted` with what had come")
def test_s5_a_clean_end_without_the_terminal_event_is_interrupted(opened) -> None:
    error = interrupted(opened, b"0\r\n\r\n")

    assert error.partial.text == "Hello"


@pytest.mark.fault(
    "S6", "`StreamInterrupted`; the call is kept as incomplete and never handed out as whole"
)
def test_s6_a_cut_tool_call_is_not_surfaced_as_complete(opened) -> None:
    call = {"index": 0, "id": "c", "function": {"name": "add", "arguments": '{"a": '}}
    with ScriptedServer([begun(chunk({"tool_calls": [call]})), b"0\r\n\r\n"]) as server:
        with pytest.raises(StreamInterrupted) as caught:
            opened.at(server.url).stream("fake/m", "Hi")

    (part,) = caught.value.partial.parts
    assert caught.value.partial.tool_calls == ()
    assert (part.arguments, part.complete) == ('{"a": ', False)


OVERLOADED = data({"error": {"message": "overloaded", "type": "overloaded_error"}})


@pytest.mark.fault("S7", "the error of its kind, sent again")
def test_s7_an_error_before_the_first_token_is_retried(opened) -> None:
    start = chunk({"role": "assistant", "content": ""})
    with ScriptedServer(list(stream([start, OVERLOADED])), streamed("Hello")) as server:
        settings = settings_for(server.url, retry=RetrySettings(max_retries=1))
        _, answer = opened(settings).stream("fake/m", "Hi")

    assert answer.receipt.attempts[0].error.startswith("OverloadedError")
    assert answer.text == "Hello"


@pytest.mark.fault("S8", "`StreamInterrupted` with the error as its cause")
def test_s8_an_error_behind_tokens_keeps_its_cause(opened) -> None:
    error = interrupted(opened, b"%x\r\n%b\r\n0\r\n\r\n" % (len(OVERLOADED), OVERLOADED))

    assert isinstance(error.__cause__, OverloadedError)


@pytest.mark.fault("S9", "both are ends; a missing finish is a warning")
def test_s9_a_finish_without_done_and_done_without_a_finish_are_ends(opened) -> None:
    without_done = list(stream([HELLO, chunk({}, "stop"), USAGE]))
    without_finish = list(stream([HELLO, DONE]))
    with ScriptedServer(without_done, without_finish) as server:
        client = opened.at(server.url)
        _, one = client.stream("fake/m", "Hi")
        _, two = client.stream("fake/m", "Hi")

    assert (one.text, one.finish_reason, one.usage.total_tokens) == ("Hello", "stop", 13)
    assert (two.text, two.finish_reason, two.raw_finish_reason) == ("Hello", "stop", None)
    assert two.warnings


@pytest.mark.fault("S10", "usage counts, the rest is ignored, one finish")
def test_s10_what_comes_behind_the_terminal_event_is_ignored(opened) -> None:
    with ScriptedServer(list(stream([*pieces("Hello"), HELLO, DONE]))) as server:
        events, answer = opened.at(server.url).stream("fake/m", "Hi")

    assert answer.text == "Hello"
    assert sum(type(event).__name__ == "Finish" for event in events) == 1


@pytest.mark.parametrize(
    "endless",
    [
        [b"20000\r\ndata: " + b"x" * 131066 + b"\r\n"],
        [Repeat(b"80\r\n: " + b"k" * 124 + b"\n\n\r\n", 50_000)],
        [Repeat(b"%x\r\n%b\r\n" % (len(HELLO), HELLO), 50_000)],
    ],
    ids=["line", "comments", "events"],
)
@pytest.mark.fault("S11", "`ResponseTooLarge` at the cap, and the connection is closed")
def test_s11_an_endless_stream_stops_at_its_cap(opened, quick, endless) -> None:
    error = interrupted(opened, *endless, Pause(10), **quick)

    assert isinstance(error.__cause__, ResponseTooLarge | DecodeError)


@pytest.mark.fault("S11")
def test_s11_endless_tool_arguments_stop_at_their_cap(opened, quick) -> None:
    call = {"index": 0, "id": "c", "function": {"name": "add", "arguments": "1" * 1000}}
    piece = chunk({"tool_calls": [call]})
    endless = Repeat(b"%x\r\n%b\r\n" % (len(piece), piece), 1000)
    error = interrupted(opened, endless, Pause(10), **quick)

    assert isinstance(error.__cause__, ResponseTooLarge)


@pytest.mark.fault("S12", "the same events")
@pytest.mark.fault("S13", "the same text")
def test_s12_s13_any_line_ends_and_any_slicing_read_the_same(opened) -> None:
    text = b"".join(pieces("Grüße ", "🙂"))
    crlf = text.replace(b"\n", b"\r\n")
    with ScriptedServer(
        list(stream([text])),
        list(stream([text[i : i + 1] for i in range(len(text))])),
        list(stream([crlf[i : i + 3] for i in range(0, len(crlf), 3)])),
    ) as server:
        client = opened.at(server.url)
        texts = [client.stream("fake/m", "Hi")[1].text for _ in range(3)]

    assert texts == ["Grüße 🙂"] * 3


@pytest.mark.fault(
    "S18", "the answer if its terminal event came, else `StreamInterrupted`; nothing in between"
)
def test_s18_a_reset_at_any_point_is_an_end_or_an_interruption(opened) -> None:
    head, *rest = streamed("Hello")
    wire = b"".join([head, *rest])
    last = b'"finish_reason": "stop"}]}'
    terminal = wire.index(last) + len(last)
    outcomes = []
    cuts = range(len(head) + 20, len(wire), 23)
    with ScriptedServer(*[[wire[:cut], Close()] for cut in cuts]) as server:
        client = opened.at(server.url)
        for cut in cuts:
            try:
                client.stream("fake/m", "Hi")
                outcomes.append((cut, "ended"))
            except FairleadError as error:
                outcomes.append((cut, type(error).__name__))

    early = {name for cut, name in outcomes if cut < terminal}
    late = {name for cut, name in outcomes if cut >= terminal}
    assert early == {"StreamInterrupted", "ProtocolError"}
    assert late == {"ended"}


@pytest.mark.fault("C11")
def test_c11_a_request_that_was_read_and_lost_is_repeated_once(opened) -> None:
    with ScriptedServer([Close()], [Close()], whole()) as server:
        settings = settings_for(server.url, retry=RetrySettings(max_retries=3))
        with pytest.raises(ProtocolError) as caught:
            opened(settings).chat("fake/m", "Hi")

    assert [a.possibly_billed for a in caught.value.receipt.attempts] == [True, True]
    assert len(server.requests) == 2


@pytest.mark.fault("C3")
def test_c3_a_reset_before_the_answer_is_a_typed_error(opened) -> None:
    with ScriptedServer([Reset()]) as server, pytest.raises(ProtocolError):
        opened.at(server.url).chat("fake/m", "Hi")


@pytest.mark.invariant("I20")
def test_the_deadline_of_a_call_is_kept_in_every_phase(opened) -> None:
    slow = [b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n"]
    for phase in ([Pause(20)], [*slow, Pause(20)]):
        with ScriptedServer(phase) as server:
            client = opened.at(server.url)
            for watch in prompt(2.0, least=0.25):
                with watch, pytest.raises(DeadlineExceeded, match=r"0\.3"):
                    client.chat("fake/m", "Hi", deadline=0.3)


@pytest.mark.fault("P15", "the text is kept; parsing it is `MalformedToolArguments`")
def test_p15_broken_tool_arguments_keep_their_text(opened) -> None:
    from fairlead.errors import MalformedToolArguments

    call = {"id": "c", "type": "function", "function": {"name": "add", "arguments": '{"a":'}}
    message = {"role": "assistant", "tool_calls": [call]}
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
    with ScriptedServer(whole(choices=[choice])) as server:
        answer = opened.at(server.url).chat("fake/m", "Hi")

    (wish,) = answer.tool_calls
    with pytest.raises(MalformedToolArguments) as caught:
        wish.parse()
    assert caught.value.arguments == '{"a":'


def test_texts_come_one_by_one_and_not_all_at_the_end(opened) -> None:
    slow = list(stream([chunk({"content": text}) for text in "abc"], pause=0.15))
    with ScriptedServer([*slow[:-1], Pause(5)]) as server:
        for watch in prompt(1.0):
            with watch:
                events, _ = opened.at(server.url).first(2, "fake/m", "Hi")

    assert any(isinstance(event, TextDelta) for event in events)
