"""Minutes of calls and streams with every layer on, under faults and cancellations, both colours.

    python scripts/soak.py [seconds]

Prints memory, descriptors, threads, tasks and calls every ten seconds, and at the end how fast the
memory grew and a verdict. The exit code is 1 where something leaked or an answer was wrong.
"""

from __future__ import annotations

import asyncio
import gc
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from subprocess import PIPE

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import psutil
from tests.client.wire import begun, chunk, streamed, whole
from tests.faults.aftermath import MODEL, held, layered

import fairlead
from fairlead import AsyncClient, Client, FairleadError, Observer
from fairlead.policies.breaker import BreakerPolicy
from fairlead.policies.rate_limits import RateLimits
from fairlead.ports import Timeouts
from fairlead.settings import RetrySettings
from fairlead.testing.proxy import FaultProxy
from fairlead.testing.server import Close, Pause, Received, Reset, Script, ScriptedServer, respond
from fairlead.testing.toxics import Bandwidth, HalfOpen, Latency, LimitData, ResetPeer, Slicer

USUAL_SECONDS = 600
REPORT_SECONDS = 10
WARM_SHARE = 0.3
MOST_KIB_PER_MINUTE = 256
TASKS, THREADS = 12, 4
WEATHER = (
    (),
    (Latency(0.01, jitter=0.02),),
    (Slicer(20),),
    (Bandwidth(200_000),),
    (LimitData(400),),
    (ResetPeer(300),),
    (HalfOpen(500),),
)
SETTINGS = {
    "retry": RetrySettings(max_retries=2),
    "rate_limits": RateLimits(requests_per_second=10_000, concurrency=16),
    "breaker": BreakerPolicy(failures=10_000, failure_percent=100),
    "timeouts": Timeouts(connect=1, pool=5, first_event=0.5, idle=0.5, progress=1, total=2),
}
TEXT = "Hello there"


def answer(request: Received) -> Script:
    """Mostly what was asked for, sometimes trouble."""
    dice = random.random()
    if dice < 0.05:
        return respond(503, (("Retry-After-Ms", "20"),), b'{"error":{"message":"busy"}}')
    if dice < 0.10:
        return [Reset()]
    if b'"stream":true' not in request.body:
        return [Pause(0.2), *whole(TEXT)] if dice < 0.15 else whole(TEXT)
    if dice < 0.15:
        return [begun(chunk({"content": "Hel"})), Close()]
    if dice < 0.20:
        return [begun(chunk({"content": "Hel"})), Pause(1)]
    return streamed(*TEXT)


class Open(Observer):
    """The calls and attempts that have begun and not ended."""

    def __init__(self) -> None:
        self.under_way: set[object] = set()

    def call_start(self, call) -> None:
        self.under_way.add(call)

    def call_stop(self, call, end) -> None:
        self.under_way.remove(call)

    def call_exception(self, call, end, error) -> None:
        self.under_way.remove(call)

    def attempt_start(self, call, begun) -> None:
        self.under_way.add(begun)

    def attempt_stop(self, call, begun, attempt) -> None:
        self.under_way.remove(begun)

    def attempt_exception(self, call, begun, attempt, error) -> None:
        self.under_way.remove(begun)


class Tally:
    """What came of the calls. Counters are changed by several threads, a lock keeps them true."""

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()
        self.memory: list[tuple[float, int]] = []
        self._lock = threading.Lock()

    def count(self, outcome: str) -> None:
        with self._lock:
            self.outcomes[outcome] += 1

    def check(self, text: str) -> None:
        self.count("answered" if text == TEXT else "WRONG ANSWER")

    @property
    def calls(self) -> int:
        return sum(self.outcomes.values())


async def one_call(client: AsyncClient, tally: Tally) -> None:
    dice = random.random()
    with fairlead.budget("faults", usd=1_000_000):
        if dice < 0.4:
            tally.check((await client.chat(MODEL, "Hi", max_tokens=9)).text)
            return
        async with client.stream(MODEL, "Hi", max_tokens=9) as stream:
            if dice > 0.9:
                await anext(aiter(stream))
                tally.count("left early")
            else:
                tally.check((await stream.result()).text)


async def one_task(client: AsyncClient, tally: Tally, until: float) -> None:
    while time.monotonic() < until:
        task = asyncio.ensure_future(one_call(client, tally))
        if random.random() < 0.15:
            await asyncio.sleep(random.random() * 0.03)
            task.cancel()
        try:
            await task
        except FairleadError as error:
            tally.count(type(error).__name__)
        except asyncio.CancelledError:
            tally.count("cancelled")


def one_thread(client: Client, tally: Tally, until: float) -> None:
    while time.monotonic() < until:
        dice = random.random()
        try:
            with fairlead.budget("faults", usd=1_000_000):
                if dice < 0.4:
                    tally.check(client.chat(MODEL, "Hi", max_tokens=9).text)
                    continue
                stream = client.stream(MODEL, "Hi", max_tokens=9)
                if dice > 0.9:
                    next(iter(stream))
                    tally.count("forgotten")
                else:
                    with stream:
                        tally.check("".join(stream.text))
        except FairleadError as error:
            tally.count(type(error).__name__)


def serve() -> None:
    """The provider and its weather, in a process of its own: what is measured is the client alone.

    It prints its address, and the weather changes every second until a line comes in.
    """
    calm = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.readline(), calm.set()), daemon=True).start()
    with ScriptedServer(answer) as server, FaultProxy(server.url) as proxy:
        print(proxy.url, flush=True)
        while not calm.wait(1):
            proxy.set(*random.choice(WEATHER))
            server.requests.clear()
        proxy.set()
        print("calm", flush=True)
        sys.stdin.read()


async def report(tally: Tally, until: float) -> None:
    """Prints a line every ten seconds."""
    process, began, told = psutil.Process(), time.monotonic(), 0
    while (now := time.monotonic()) < until:
        resident = process.memory_info().rss
        tally.memory.append((now - began, resident))
        if now - began >= told * REPORT_SECONDS:
            told += 1
            print(
                f"{now - began:6.0f} s  {resident / 2**20:7.1f} MiB  {process.num_fds():4} fds  "
                f"{threading.active_count():4} threads  {len(asyncio.all_tasks()):4} tasks  "
                f"{tally.calls:8} calls",
                flush=True,
            )
        await asyncio.sleep(min(1.0, max(0.0, until - now)))


def slope(memory: list[tuple[float, int]]) -> float:
    """KiB a minute, by least squares over what comes behind the warming up."""
    points = memory[int(len(memory) * WARM_SHARE) :]
    times, sizes = [at for at, _ in points], [size for _, size in points]
    middle, mean = sum(times) / len(times), sum(sizes) / len(sizes)
    spread = sum((at - middle) ** 2 for at in times) or 1.0
    rise = sum((at - middle) * (size - mean) for at, size in points)
    return rise / spread * 60 / 1024


async def storm(
    tally: Tally, ends: Open, provider: subprocess.Popen[str], seconds: float
) -> list[str]:
    """All of it; returns what is wrong when it is over."""
    until = time.monotonic() + seconds
    settings = layered(said(provider), **SETTINGS)
    with Client(settings, observers=[ends]) as client:
        threads = [
            threading.Thread(target=one_thread, args=(client, tally, until)) for _ in range(THREADS)
        ]
        for thread in threads:
            thread.start()
        async with AsyncClient(settings, observers=[ends]) as other:
            tasks = (one_task(other, tally, until) for _ in range(TASKS))
            await asyncio.gather(report(tally, until), *tasks)
            for thread in threads:
                await asyncio.to_thread(thread.join)
            tell(provider, "calm")
            gc.collect()  # streams that were forgotten in a circle
            last = [await other.chat(MODEL, "Hi", max_tokens=9), client.chat(MODEL, "Hi")]
            busy = [one.health(MODEL).in_use for one in (client, other)]
    return [
        *([] if {one.text for one in last} == {TEXT} else ["the clients are of no use any more"]),
        *([] if busy == [0, 0] else [f"permits are still held: {busy}"]),
        *([] if held() == 0 else [f"money is still held: {held()} nano-dollars"]),
        *([f"{len(ends.under_way)} calls or attempts have no end"] if ends.under_way else []),
    ]


def said(provider: subprocess.Popen[str]) -> str:
    assert provider.stdout is not None
    return provider.stdout.readline().strip()


def tell(provider: subprocess.Popen[str], word: str) -> None:
    """Say it, and wait for the answer."""
    assert provider.stdin is not None
    provider.stdin.write(f"{word}\n")
    provider.stdin.flush()
    said(provider)


def main() -> int:
    if sys.argv[1:] == ["serve"]:
        serve()
        return 0
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else USUAL_SECONDS
    tally, ends = Tally(), Open()
    process = psutil.Process()
    before = process.num_fds(), threading.active_count()
    command = [sys.executable, __file__, "serve"]
    with subprocess.Popen(command, stdin=PIPE, stdout=PIPE, text=True) as provider:
        wrong = asyncio.run(storm(tally, ends, provider, seconds))
    after = process.num_fds(), threading.active_count()
    growth = slope(tally.memory)
    print(*(f"{count:8}  {outcome}" for outcome, count in tally.outcomes.most_common()), sep="\n")
    print(f"memory: {growth:+.0f} KiB/min; descriptors and threads: {before} before, {after} after")
    if tally.outcomes["WRONG ANSWER"]:
        wrong.append(f"{tally.outcomes['WRONG ANSWER']} answers were wrong")
    if after[0] > before[0] or after[1] > before[1]:
        wrong.append("descriptors or threads are left")
    if growth > MOST_KIB_PER_MINUTE:
        wrong.append(f"memory grows by more than {MOST_KIB_PER_MINUTE} KiB a minute")
    print("FAILED: " + "; ".join(wrong) if wrong else "passed")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
