"""Bodies that are read while they are sent, in both colours."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from fairlead.errors import InvalidRequest, ProtocolError
from fairlead.framing.multipart import BytesBody, FileBody
from fairlead.ports import Timeouts
from fairlead.testing.server import Close, ScriptedServer, respond
from fairlead.types.http import Body, HttpRequest

OK = respond(body=b"ok")
LARGE = 3_000_000


def request(url: str, body: Body | bytes, *, whole: bool) -> HttpRequest:
    return HttpRequest("POST", f"{url}/x", (("Content-Type", "audio/wav"),), body, whole)


async def send(transport, asked: HttpRequest) -> bytes:
    response = await transport.send(asked, deadline=time.monotonic() + 10, timeouts=Timeouts())
    found = b""
    while data := await response.read(time.monotonic() + 10):
        found += data
    await response.aclose()
    return found


@pytest.mark.parametrize("whole", [True, False])
def test_a_file_is_sent_as_it_lies_on_disk(colour, tmp_path: Path, whole: bool) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"0123456789" * (LARGE // 10))
    with ScriptedServer(OK) as server:
        asked = request(server.url, FileBody(path, LARGE), whole=whole)
        assert colour.run(lambda transport: send(transport, asked)) == b"ok"

        got = server.requests[0]
    assert got.body == path.read_bytes()
    assert got.header("content-length") == str(LARGE)
    assert got.header("expect") is None


@pytest.mark.parametrize("whole", [True, False])
def test_both_kinds_of_body_take_turns_on_one_connection(colour, whole: bool) -> None:
    bodies: list[Body | bytes] = [BytesBody(b"abc"), b"{}", BytesBody(b""), b"[]"]

    async def scenario(transport) -> None:
        for body in bodies:
            assert await send(transport, request(server.url, body, whole=whole)) == b"ok"

    with ScriptedServer(OK) as server:
        colour.run(scenario)
        assert [got.body for got in server.requests] == [b"abc", b"{}", b"", b"[]"]
        assert {got.method for got in server.requests} == {"POST"}
        assert server.connections == 1


class Broken:
    """A body that ends early, or cannot be read."""

    size = 100

    def __init__(self, error: OSError | None) -> None:
        self._error = error

    def open(self):
        return self

    def read(self, size: int) -> bytes:
        if self._error is not None:
            raise self._error
        return b""

    def close(self) -> None:
        pass


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize(
    ("body", "reason"),
    [(Broken(OSError(5, "Input/output error")), "Input/output"), (Broken(None), "shorter")],
    ids=["unreadable", "too short"],
)
def test_a_body_that_cannot_be_read_is_one_sentence(colour, body, reason, whole: bool) -> None:
    with ScriptedServer(OK) as server:
        asked = request(server.url, body, whole=whole)
        with pytest.raises(InvalidRequest, match=reason):
            colour.run(lambda transport: send(transport, asked))


def test_a_file_that_is_gone_is_one_sentence(colour, tmp_path: Path) -> None:
    with ScriptedServer(OK) as server:
        asked = request(server.url, FileBody(tmp_path / "gone.wav", 10), whole=True)
        with pytest.raises(InvalidRequest, match="No such file"):
            colour.run(lambda transport: send(transport, asked))


def test_a_dead_connection_is_replayed_with_the_whole_body(colour) -> None:
    """The first body is answered, the connection dies in idleness, the second is sent anew."""
    body = BytesBody(b"x" * 1000)

    async def scenario(transport) -> None:
        assert await send(transport, request(server.url, body, whole=True)) == b"ok"
        assert await send(transport, request(server.url, body, whole=True)) == b"ok"

    with ScriptedServer([*OK, Close()], OK) as server:
        colour.run(scenario)
        assert server.requests[-1].body == b"x" * 1000


def test_a_connection_that_breaks_behind_the_body_was_sent(colour) -> None:
    with ScriptedServer([Close()]) as server:
        asked = request(server.url, BytesBody(bytes(LARGE)), whole=True)
        with pytest.raises(ProtocolError) as caught:
            colour.run(lambda transport: send(transport, asked))
    assert caught.value.sent
