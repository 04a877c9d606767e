"""Exchanges of every kind, for properties."""

from __future__ import annotations

from hypothesis import strategies as st

from fairlead.tapes.exchange import (
    Answer,
    Chunk,
    Digest,
    Ending,
    Exchange,
    Failure,
    TapedRequest,
    instant,
)

times = st.floats(0, 1e5, allow_nan=False).map(instant)
words = st.text("abcdefgXYZ-_.", min_size=1, max_size=12)
values = st.text(max_size=30)
pairs = st.lists(st.tuples(values, values), max_size=4).map(tuple)
data = st.one_of(
    st.binary(max_size=80),
    st.text(max_size=60).map(str.encode),
    st.sampled_from(
        [b"data: {}\n\n", b"data: {}\r\n\r\n", b"\xe2\x82", b" x \n\n y", b"|\n=", b"\n"]
    ),
)
failures = st.builds(
    Failure,
    kind=words,
    message=values,
    sent=st.booleans(),
    phase=st.sampled_from(["first_event", "idle", "progress"]),
    fatal=st.booleans(),
)
requests = st.builds(
    TapedRequest,
    method=words,
    url=words,
    headers=pairs,
    body=st.one_of(st.none(), data, st.builds(Digest, words, st.integers(0, 10**12))),
)
answers = st.builds(
    Answer,
    status=st.integers(100, 999),
    at=times,
    http_version=st.sampled_from(["", "1.1", "2"]),
    headers=pairs,
    chunks=st.lists(st.builds(Chunk, times, data.filter(bool)), max_size=5).map(tuple),
)
whole = st.builds(
    Exchange, requests, answers, st.builds(Ending, st.sampled_from(["complete", "left"]), times)
)
failed = st.builds(
    Exchange,
    requests,
    st.one_of(st.none(), answers),
    st.builds(Ending, st.just("failed"), times, failures),
)
exchanges = st.one_of(whole, failed)
