"""Settings that change under a client in use: each call sees one version, and state lives on."""

from __future__ import annotations

import json
import logging
import random
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings as checks, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from tests.client.conftest import KEY, Opener, settings_for
from tests.client.test_fallback import Place, provider, read, refused, said
from tests.client.wire import whole

import fairlead
from fairlead import Client, Settings
from fairlead.auth.secret import Secret
from fairlead.core import Core
from fairlead.engine.runtime import drive
from fairlead.errors import BreakerOpen, BudgetExceeded, ConfigError, LimitExceeded
from fairlead.policies.breaker import BreakerPolicy
from fairlead.policies.rate_limits import RateLimits
from fairlead.settings import ProviderSettings, RetrySettings
from fairlead.settings.values import ReloadSettings, TargetSettings
from fairlead.settings.watched import SettingsFiles
from fairlead.testing.memory import MemoryTransport
from fairlead.testing.runtime import FakeRuntime
from fairlead.testing.server import ScriptedServer
from fairlead.types.http import HttpSettings
from fairlead.types.routes import Route
from fairlead.versions import Versions


def named(version: int, **changes: Any) -> Settings:
    """Settings whose every part says which version they are."""
    own = {"key": Secret(f"sk-version-{version}"), "headers": {"x-version": str(version)}}
    providers = {
        name: ProviderSettings(base_url=f"https://{name}.test/v1", dialect="openai_chat", **own)
        for name in ("one", "two")
    }
    changes.setdefault("retry", RetrySettings(max_retries=0))
    changes.setdefault("breaker", BreakerPolicy(enabled=False))  # each call begins at the first
    routes = {"fast": Route(targets=(f"one/m{version}", f"two/m{version}"))}
    return Settings(providers=providers, routes=routes, **changes)


def version_of(request: Any) -> set[str]:
    """The versions that one request shows: of its key, its headers and its model."""
    found = dict(request.headers)
    key, model = found["authorization"], json.loads(request.body)["model"]
    return {key.rpartition("-")[2], found["x-version"], model[1:]}


class Reloading(RuleBasedStateMachine):
    """Calls and reloads in any order: what a call sends is of the version it began with."""

    def __init__(self) -> None:
        super().__init__()
        self.runtime = FakeRuntime()
        self.transport = MemoryTransport(self.runtime, [])
        self.version = 0
        first = Core(named(0), transport=self.transport, runtime=self.runtime)
        self.versions = Versions(first)
        self.begun: list[tuple[int, Any]] = []

    @rule()
    def reload(self) -> None:
        self.version += 1
        self.versions.reload(named(self.version))

    @rule()
    def break_it(self) -> None:
        with pytest.raises(ConfigError):
            self.versions.reload(named(99, aliases={"fast": "one/m"}))

    @rule()
    def begin(self) -> None:
        """A call takes its version, and does nothing with it yet."""
        self.begun.append((self.version, self.versions.current()))

    @precondition(lambda self: self.begun)
    @rule(data=st.data(), falls_over=st.booleans())
    def finish(self, data: Any, falls_over: bool) -> None:
        """Along a route, with a reload between its attempts now and then."""
        at = data.draw(st.integers(0, len(self.begun) - 1))
        version, core = self.begun.pop(at)
        self.transport._answers = [refused(500), said()] if falls_over else [said()]
        self.transport.requests.clear()
        drive(core.chat("fast", "Hi", {}))
        for request in self.transport.requests:
            assert version_of(request) == {str(version)}

    @invariant()
    def the_version_in_force_is_the_last_good_one(self) -> None:
        key = self.versions.current().settings.providers["one"].key
        assert key == Secret(f"sk-version-{self.version}")


TestReloading = pytest.mark.invariant("I24")(Reloading.TestCase)
TestReloading.settings = checks(max_examples=30, stateful_step_count=20, deadline=None)


class Answering:
    """Answers every request at once, from any thread, and keeps what was sent."""

    def __init__(self) -> None:
        self.sent: list[Any] = []
        self._runtime = FakeRuntime()

    async def send(self, request: Any, *, deadline: float, timeouts: Any) -> Any:
        self.sent.append(request)
        trouble = random.random() < 0.3
        inner = MemoryTransport(self._runtime, [refused(500) if trouble else said()])
        return await inner.send(request, deadline=deadline, timeouts=timeouts)

    async def aclose(self) -> None:
        pass


@pytest.mark.invariant("I24")
def test_calls_of_many_threads_see_one_version_each_while_it_changes() -> None:
    transport = Answering()
    client = Client(named(0), transport=transport)
    over = threading.Event()
    wrong: list[Any] = []

    def call() -> None:
        try:
            receipt = client.chat("fast", "Hi").receipt
        except fairlead.FairleadError as error:
            receipt = error.receipt
        targets = {attempt.target.partition("/")[2] for attempt in receipt.attempts}
        if len(targets) != 1:
            wrong.append(targets)

    def calls() -> None:
        while not over.is_set():
            call()

    threads = [threading.Thread(target=calls) for _ in range(20)]
    for thread in threads:
        thread.start()
    for version in range(1, 30):
        client.reload(named(version))
        call()
    over.set()
    for thread in threads:
        thread.join()
    assert not wrong
    assert all(len(version_of(request)) == 1 for request in transport.sent)
    assert len({frozenset(version_of(request)) for request in transport.sent}) >= 29


# -- what lives on -------------------------------------------------------------------------------


def place(*answers: Any, **settings: Any) -> tuple[Place, Versions]:
    made = Place(*answers, **settings)
    return made, Versions(made.core)


def again(made: Place, **changes: Any) -> Settings:
    before = made.core.settings
    return Settings(providers=before.providers | changes.pop("providers", {}), **changes)


NONE = RetrySettings(max_retries=0)


def test_a_breaker_that_is_open_stays_open_and_goes_by_the_new_numbers() -> None:
    policy = BreakerPolicy(failures=2)
    made, versions = place(refused(500), refused(500), said(), retry=NONE, breaker=policy)
    for _ in range(2):
        made.failed(fairlead.ServerError, "alpha/m")
    versions.reload(again(made, retry=NONE, breaker=BreakerPolicy(failures=9, open=1)))

    core = versions.current()
    assert core.health("alpha/m").breaker == "open"
    with pytest.raises(BreakerOpen):
        drive(core.chat("alpha/m", "Hi", {}))
    versions.reload(again(made, retry=NONE, breaker=BreakerPolicy(enabled=False)))
    assert drive(versions.current().chat("alpha/m", "Hi", {})).text == "fine"


def test_a_limit_that_changes_counts_what_is_under_way() -> None:
    one = {"rate_limits": RateLimits(concurrency=1, max_wait=0)}
    made, versions = place(*[said()] * 9, retry=NONE, **one)
    held = made.core._guards.gates.of("alpha/m", None).gate.enter(made.runtime.now(), 0)
    assert held is not None
    for allowed in (2, 1, 3):
        limits = RateLimits(concurrency=allowed, max_wait=0)
        versions.reload(again(made, retry=NONE, rate_limits=limits))
        core = versions.current()
        if allowed == 1:
            with pytest.raises(LimitExceeded):
                drive(core.chat("alpha/m", "Hi", {}))
        else:
            assert drive(core.chat("alpha/m", "Hi", {})).text == "fine"
        (health,) = core.health("alpha/m").limits
        assert (health.in_use, health.concurrency) == (1, allowed)
    held.give_back(made.runtime.now(), throttled=None)
    assert versions.current().health("alpha/m").in_use == 0


def test_requests_that_were_spent_count_against_the_new_rate() -> None:
    slow = RateLimits(requests_per_minute=60, burst=2, max_wait=0)
    made, versions = place(*[said()] * 9, retry=NONE, rate_limits=slow)
    for _ in range(2):
        made.chat("alpha/m")
    versions.reload(
        again(made, retry=NONE, rate_limits=RateLimits(requests_per_minute=30, burst=2, max_wait=0))
    )
    with pytest.raises(LimitExceeded) as caught:
        drive(versions.current().chat("alpha/m", "Hi", {}))
    assert caught.value.retry_after == pytest.approx(2.0, abs=0.01)


def test_who_waits_for_a_limit_is_let_in_when_it_is_gone() -> None:
    made, versions = place(retry=NONE, rate_limits=RateLimits(concurrency=1))
    gate = made.core._guards.gates.of("alpha/m", None).gate
    assert gate.enter(0.0, 0) is not None
    woken: list[bool] = []
    from fairlead.policies.gate import Permit, Ticket

    ticket = Ticket(0, lambda: woken.append(True))
    gate.join(ticket, 0.0)
    versions.reload(again(made, retry=NONE))
    assert woken
    assert isinstance(gate.look(ticket, 0.0), Permit)


def test_one_target_may_be_limited_where_none_was() -> None:
    made, versions = place(*[said()] * 3, retry=NONE)
    made.chat("alpha/m")
    tight = TargetSettings(rate_limits={"requests_per_minute": 1, "max_wait": 0})
    versions.reload(again(made, retry=NONE, targets={"alpha/m": tight}))
    core = versions.current()
    drive(core.chat("alpha/m", "Hi", {}))
    with pytest.raises(LimitExceeded):
        drive(core.chat("alpha/m", "Hi", {}))


def test_a_target_that_is_gone_is_no_obstacle() -> None:
    limits = {"rate_limits": RateLimits(concurrency=3), "breaker": BreakerPolicy(failures=1)}
    made, versions = place(said(), retry=NONE, **limits)
    made.chat("alpha/m")
    left = {"beta": made.core.settings.providers["beta"]}
    versions.reload(Settings(providers=left, retry=NONE, **limits))
    with pytest.raises(fairlead.UnknownProvider):
        versions.current().resolve("alpha/m", "chat")


def test_what_was_measured_and_what_rests_lives_on() -> None:
    made, versions = place(refused(429), said(), said(), retry=NONE)
    made.chat(fairlead.route("alpha/m", "beta/m"))
    versions.reload(again(made, retry=NONE))
    drive(versions.current().chat(fairlead.route("alpha/m", "beta/m"), "Hi", {}))
    assert made.asked == ["alpha", "beta", "beta"]


def test_a_budget_applies_at_once_and_its_spending_lives_on() -> None:
    from fairlead.settings.values import BudgetSettings, StoreSettings

    memory = StoreSettings(kind="memory")
    free = BudgetSettings(usd=1, scope="all", unpriced="allow")
    made, versions = place(said(), said(), retry=NONE, store=memory)
    made.chat("alpha/m")
    versions.reload(again(made, retry=NONE, store=memory, budgets={"all": free}))
    drive(versions.current().chat("alpha/m", "Hi", {}))
    tight = BudgetSettings(usd=1, scope="all")
    versions.reload(again(made, retry=NONE, store=memory, budgets={"all": tight}))
    assert versions.current()._ledger.store is made.core._ledger.store
    with pytest.raises(BudgetExceeded, match="price"):
        drive(versions.current().chat("alpha/m", "Hi", {}))


def keys_sent(made: Place) -> list[str]:
    return [dict(r.headers)["authorization"].split("-")[-1] for r in made.transport.requests]


def test_a_key_of_the_file_replaces_that_of_the_file_before() -> None:
    made, versions = place(said(), said())
    made.chat("alpha/m")
    fresh = ProviderSettings(
        base_url="https://alpha.test/v1", key=Secret("sk-fresh"), dialect="openai_chat"
    )
    versions.reload(again(made, providers={"alpha": fresh}))
    drive(versions.current().chat("alpha/m", "Hi", {}))
    assert keys_sent(made) == ["12345678", "fresh"]


def test_a_rotated_key_stands_above_the_files_but_not_at_another_address() -> None:
    made, versions = place(*[said()] * 3)
    versions.rotate_key("alpha", Secret("sk-rotated"))
    here = provider("alpha", timeouts={"idle": 9.0})
    versions.reload(again(made, providers={"alpha": here}))
    drive(versions.current().chat("alpha/m", "Hi", {}))
    file_key = ProviderSettings(
        base_url="https://alpha.test/v1", key=Secret("sk-file"), dialect="openai_chat"
    )
    versions.reload(again(made, providers={"alpha": file_key}))
    drive(versions.current().chat("alpha/m", "Hi", {}))
    moved = ProviderSettings(
        base_url="https://elsewhere.test/v1", key=Secret("sk-there"), dialect="openai_chat"
    )
    versions.reload(again(made, providers={"alpha": moved}))
    drive(versions.current().chat("alpha/m", "Hi", {}))
    assert keys_sent(made) == ["rotated", "rotated", "there"]


def test_a_credential_whose_settings_are_the_same_is_the_same_object() -> None:
    made, versions = place()
    before = made.core.registry.get("alpha").credential
    versions.reload(again(made, providers={"alpha": provider("alpha", timeouts={"idle": 9.0})}))
    now = versions.current().registry.get("alpha")
    assert now.credential is before
    assert now.timeouts.idle == 9.0


def test_connections_are_made_as_before_and_that_is_said() -> None:
    made, versions = place()
    versions.reload(again(made, http=HttpSettings(http_version="http1"), model="alpha/m"))
    assert versions.current().settings.http == HttpSettings()
    assert versions.current().settings.model == "alpha/m"
    assert "new clients only" in versions.problem


def test_a_broken_reload_raises_and_changes_nothing() -> None:
    made, versions = place(said())
    before = versions.current()
    with pytest.raises(ConfigError, match="burst"):
        versions.reload(again(made, targets={"alpha/m": TargetSettings(rate_limits={"burst": 5})}))
    assert versions.current() is before
    assert "burst" in versions.problem
    versions.reload(again(made))
    assert versions.problem is None


def test_a_stream_that_began_under_one_version_ends_under_it() -> None:
    from tests.client.test_fallback import streamed

    made, versions = place(streamed("a", "b"))
    reply = made.stream("alpha/m")
    versions.reload(again(made, model="beta/m"))
    assert read(reply)
    assert reply.result().text == "ab"


# -- files ---------------------------------------------------------------------------------------


class Watched:
    """A client on a fake clock whose settings are files in a folder of the test."""

    def __init__(self, folder: Path) -> None:
        self.user = folder / "config" / "fairlead" / "fairlead.toml"
        self.project = folder / "work" / "fairlead.toml"
        self.user.parent.mkdir(parents=True)
        self.project.parent.mkdir()
        self.environ = {"XDG_CONFIG_HOME": str(folder / "config"), "HOME": str(folder)}
        self.runtime = FakeRuntime()

    def open(self) -> Versions:
        files = SettingsFiles(self.environ)
        settings = files.load()
        core = Core(settings, transport=MemoryTransport(self.runtime, []), runtime=self.runtime)
        return Versions(core, files)

    def later(self, versions: Versions, seconds: float = 6.0) -> Settings:
        """What is in force after so long, with a call now and then."""
        for _ in range(int(seconds * 4)):
            self.runtime.advance(0.25)
            versions.current()
        return versions.current().settings


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Watched:
    made = Watched(tmp_path)
    monkeypatch.chdir(made.project.parent)
    return made


def replaced(path: Path, text: str) -> None:
    """As editors and deployments do it: a new file in the place of the old."""
    fresh = path.with_suffix(".new")
    fresh.write_text(text)
    fresh.replace(path)


def test_a_file_that_changes_is_in_force_soon_after(watched: Watched) -> None:
    watched.user.write_text('model = "openai/a"\n')
    versions = watched.open()
    replaced(watched.user, 'model = "openai/b"\n')
    assert watched.later(versions, 4).model == "openai/a"
    assert watched.later(versions, 2).model == "openai/b"


def test_a_file_that_appears_and_one_that_goes_count(watched: Watched) -> None:
    watched.user.write_text('model = "openai/user"\n')
    versions = watched.open()
    replaced(watched.project, 'model = "openai/project"\n')
    assert watched.later(versions).model == "openai/project"
    watched.project.unlink()
    assert watched.later(versions).model == "openai/user"
    watched.user.unlink()
    assert watched.later(versions).model is None


def test_a_broken_file_leaves_all_as_it_was_and_is_told_of_once(
    watched: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "fairlead")
    watched.user.write_text('model = "openai/a"\n')
    versions = watched.open()
    replaced(watched.user, "model = [")
    assert watched.later(versions, 30).model == "openai/a"
    assert "not valid TOML" in versions.problem
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "stay as they were" in caplog.text
    replaced(watched.user, 'model = "openai/b"\n')
    assert watched.later(versions).model == "openai/b"
    assert versions.problem is None
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


def test_a_file_that_is_being_written_is_read_when_it_rests(watched: Watched) -> None:
    watched.user.write_text('model = "openai/a"\n')
    versions = watched.open()
    whole_text = 'model = "openai/b"\nunsupported = "drop"\n'
    seen: set[tuple[Any, Any]] = set()
    with watched.user.open("w") as file:
        for character in whole_text:
            file.write(character)
            file.flush()
            found = watched.later(versions, 0.5)
            seen.add((found.model, found.unsupported))
    found = watched.later(versions)
    assert (found.model, found.unsupported) == ("openai/b", "drop")
    assert seen <= {("openai/a", "error"), ("openai/b", "drop")}


def test_another_folder_is_not_looked_into(watched: Watched, monkeypatch: Any) -> None:
    versions = watched.open()
    other = watched.user.parent.parent / "other"
    other.mkdir()
    (other / "fairlead.toml").write_text('model = "openai/strange"\n')
    monkeypatch.chdir(other)
    assert watched.later(versions).model is None


def test_the_interval_may_be_another_or_none(watched: Watched) -> None:
    watched.user.write_text("[reload]\ninterval = 0\n")
    versions = watched.open()
    replaced(watched.user, "[reload]\ninterval = 1\n")
    assert watched.later(versions, 60).reload == ReloadSettings(0)
    versions.reload()
    assert versions.current().settings.reload == ReloadSettings(1)
    replaced(watched.user, 'model = "openai/b"\n[reload]\ninterval = 1\n')
    assert watched.later(versions, 2).model == "openai/b"


def test_files_are_looked_at_once_an_interval_and_never_between(watched: Watched) -> None:
    versions = watched.open()
    looks = 0
    files = versions._files
    assert files is not None
    look = files.signature

    def counted() -> Any:
        nonlocal looks
        looks += 1
        return look()

    files.signature = counted  # type: ignore[method-assign]
    watched.later(versions, 50)
    assert 9 <= looks <= 10


# -- the clients themselves ----------------------------------------------------------------------


def test_a_client_of_either_colour_goes_by_new_settings(opened: Opener) -> None:
    with ScriptedServer(whole("old")) as old, ScriptedServer(whole("new")) as new:
        client = opened.at(old.url)
        assert client.chat("fake/m", "Hi").text == "old"
        client.client.reload(settings_for(new.url))
        assert client.chat("fake/m", "Hi").text == "new"
        assert client.client.settings_problem is None
        handle = client.client.provider("fake")
        handle.rotate_key("sk-other-1234")
        client.client.reload(settings_for(old.url))
        with pytest.raises(ConfigError, match="reads no files"):
            client.client.reload()
        assert "reads no files" in client.client.settings_problem
    assert KEY in str(new.requests[0].header("authorization"))


def test_a_breaker_is_opened_and_closed_by_hand(opened: Opener) -> None:
    with ScriptedServer(whole(), whole()) as server:
        client = opened.at(server.url)
        health = client.client.open_breaker("fake/m")
        assert (health.breaker, health.retry_after) == ("open", None)
        with pytest.raises(BreakerOpen, match="opened by hand; try again when it is closed"):
            client.chat("fake/m", "Hi")
        assert client.chat("fake/other", "Hi").text
        assert client.client.close_breaker("fake/m").breaker == "closed"
        assert client.chat("fake/m", "Hi").text
        health = client.client.open_breaker("fake/m", 30)
        assert 29 < health.retry_after <= 30
        with pytest.raises(fairlead.InvalidRequest, match="above 0"):
            client.client.open_breaker("fake/m", 0)


def test_a_route_goes_round_a_target_whose_breaker_is_opened_by_hand() -> None:
    made = Place(said("beta's"))
    made.core.open_breaker("alpha/m", None)
    assert made.chat().text == "beta's"


def test_no_breaker_can_be_opened_where_all_are_off() -> None:
    made = Place(breaker=BreakerPolicy(enabled=False))
    with pytest.raises(ConfigError, match=r"breaker\.enabled"):
        made.core.open_breaker("alpha/m", None)


def test_models_that_share_a_limit_go_on_sharing_it() -> None:
    both = {"per": "provider", "max_wait": 0}
    made, versions = place(
        *[said()] * 5, retry=NONE, rate_limits=RateLimits(requests_per_minute=2, burst=2, **both)
    )
    made.chat("alpha/m")
    made.chat("alpha/other")
    more = RateLimits(requests_per_minute=3, burst=3, **both)
    versions.reload(again(made, retry=NONE, rate_limits=more))
    core = versions.current()
    drive(core.chat("alpha/third", "Hi", {}))
    for model in ("alpha/m", "alpha/other"):
        with pytest.raises(LimitExceeded):
            drive(core.chat(model, "Hi", {}))


def test_keys_of_the_program_stand_above_those_of_every_version() -> None:
    runtime = FakeRuntime()
    transport = MemoryTransport(runtime, [said(), said()])
    keys = {"one": Secret("sk-program-given")}
    core = Core(named(0), transport=transport, runtime=runtime, keys=keys)
    versions = Versions(core)
    for version in (1, 2):
        versions.reload(named(version))
        drive(versions.current().chat("one/m", "Hi", {}))
    sent = [dict(request.headers)["authorization"] for request in transport.requests]
    assert sent == ["Bearer sk-program-given"] * 2
