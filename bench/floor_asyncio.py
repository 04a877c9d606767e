"""The floor of the asyncio colour: a bare multi handle that the event loop calls by socket."""

from __future__ import annotations

import asyncio

import pycurl

from bench import payloads
from bench.floor import Texts, check_status, easy_handle, whole_text


class Transfer:
    """An easy handle and what it has brought; used for one exchange after another."""

    __slots__ = ("_waiter", "chunks", "done", "easy")

    def __init__(self, easy: pycurl.Curl) -> None:
        self.easy = easy
        self.chunks: list[bytes] = []
        self.done = False
        self._waiter: asyncio.Future[None] | None = None
        easy.setopt(pycurl.WRITEFUNCTION, self._receive)

    def _receive(self, data: bytes) -> None:
        self.chunks.append(data)
        if self._waiter is not None:
            self.wake()

    def wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    async def wait(self) -> None:
        self._waiter = asyncio.get_running_loop().create_future()
        await self._waiter

    def take(self) -> bytes:
        data = b"".join(self.chunks)
        self.chunks.clear()
        return data


class AsyncFloor:
    """One event loop and one multi handle; idle easy handles are used again."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._runner = asyncio.Runner()
        self._loop = self._runner.get_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._watched: dict[int, int] = {}
        self._active: dict[pycurl.Curl, Transfer] = {}
        self._idle: dict[bool, list[Transfer]] = {True: [], False: []}
        self._bodies = {s: payloads.request_body(stream=s) for s in (True, False)}
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._on_socket)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._on_timer)

    def calls(self, count: int, concurrency: int) -> None:
        """`count` calls in all, by `concurrency` tasks at a time."""
        self._runner.run(self._calls(count, concurrency))

    def stream(self) -> int:
        """One stream to its end; the number of pieces of text."""
        return self._runner.run(self._stream())

    def open_streams(self, count: int) -> None:
        """Open streams side by side, up to the first text of each, and leave them open."""
        self._runner.run(self._open(count))

    def close(self) -> None:
        for transfer in self._active.values():
            self._multi.remove_handle(transfer.easy)
        self._multi.close()
        self._runner.close()

    async def _calls(self, count: int, concurrency: int) -> None:
        async def work() -> None:
            for _ in range(count // concurrency):
                assert await self._call() == payloads.WHOLE_TEXT

        await asyncio.gather(*[work() for _ in range(concurrency)])

    async def _call(self) -> str:
        transfer = self._start(stream=False)
        while not transfer.done:
            await transfer.wait()
        return whole_text(self._end(transfer, stream=False))

    async def _stream(self) -> int:
        transfer, texts = self._start(stream=True), Texts()
        while not transfer.done:
            await transfer.wait()
            texts.feed(transfer.take())
        texts.feed(self._end(transfer, stream=True))
        return len(texts.pieces)

    async def _open(self, count: int) -> None:
        async def first_text() -> None:
            transfer, texts = self._start(stream=True), Texts()
            while not texts.pieces:
                await transfer.wait()
                texts.feed(transfer.take())

        await asyncio.gather(*[first_text() for _ in range(count)])

    def _start(self, *, stream: bool) -> Transfer:
        idle = self._idle[stream]
        transfer = idle.pop() if idle else self._new(stream=stream)
        transfer.done = False
        transfer.easy.setopt(pycurl.POSTFIELDS, self._bodies[stream])
        self._active[transfer.easy] = transfer
        self._multi.add_handle(transfer.easy)
        return transfer

    def _new(self, *, stream: bool) -> Transfer:
        return Transfer(easy_handle(self._base_url, stream=stream))

    def _end(self, transfer: Transfer, *, stream: bool) -> bytes:
        check_status(transfer.easy)
        self._idle[stream].append(transfer)
        return transfer.take()

    def _on_socket(self, what: int, descriptor: int, _multi: object, _data: object) -> None:
        wanted = 0 if what == pycurl.POLL_REMOVE else what
        known = self._watched.pop(descriptor, 0)
        if wanted:
            self._watched[descriptor] = wanted
        loop = self._loop
        if wanted & pycurl.POLL_IN and not known & pycurl.POLL_IN:
            loop.add_reader(descriptor, self._act, descriptor, pycurl.CSELECT_IN)
        if known & pycurl.POLL_IN and not wanted & pycurl.POLL_IN:
            loop.remove_reader(descriptor)
        if wanted & pycurl.POLL_OUT and not known & pycurl.POLL_OUT:
            loop.add_writer(descriptor, self._act, descriptor, pycurl.CSELECT_OUT)
        if known & pycurl.POLL_OUT and not wanted & pycurl.POLL_OUT:
            loop.remove_writer(descriptor)

    def _on_timer(self, milliseconds: int) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if milliseconds >= 0:
            self._timer = self._loop.call_later(
                milliseconds / 1000, self._act, pycurl.SOCKET_TIMEOUT, 0
            )

    def _act(self, descriptor: int, mask: int) -> None:
        _, running = self._multi.socket_action(descriptor, mask)
        if running < len(self._active):
            self._reap()

    def _reap(self) -> None:
        _, done, failed = self._multi.info_read()
        if failed:
            raise RuntimeError(f"the floor's exchange failed: {failed[0][2]}")
        for easy in done:
            transfer = self._active.pop(easy)
            self._multi.remove_handle(easy)
            transfer.done = True
            transfer.wake()
