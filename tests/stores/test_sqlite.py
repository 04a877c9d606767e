"""The file: what is refused at once, what is survived, and what is never done."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from threading import Barrier, Thread, Timer

import pytest
from tests.timing import prompt

from fairlead.errors import ConfigError, StoreError
from fairlead.stores.report import spent
from fairlead.stores.sqlite import SqliteLedger
from fairlead.types.spending import Account, Hold, Shortage, Spending

TEAM = Account("team", 100)


def hold(name: str, amount: int = 10, lease: float = 60.0) -> Hold:
    return Hold(name, amount, (TEAM,), lease)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "ledger.db"


@pytest.fixture
def ledger(path: Path):
    made = SqliteLedger(path)
    yield made
    made.close()


def test_spending_outlives_the_process(path: Path) -> None:
    first = SqliteLedger(path)
    slots = first.hold(hold("a", 40), 0, 0)
    assert not isinstance(slots, Shortage)
    first.settle("a", slots, Spending(30, "openai/m", "chat"), 0)
    first.close()
    second = SqliteLedger(path)
    assert second.balance(TEAM, 0, 0) == (30, 0)
    second.close()


def test_the_file_is_the_users_alone(ledger: SqliteLedger, path: Path) -> None:
    """And so are those that SQLite lays beside it, in which the newest entries stand."""
    ledger.hold(hold("a"), 0, 0)
    modes = {found.name: stat.S_IMODE(found.stat().st_mode) for found in path.parent.iterdir()}
    assert f"{path.name}-wal" in modes
    assert set(modes.values()) == {0o600}


def test_a_reading_of_the_clock_that_is_older_than_others_ends_none_of_their_holds(
    ledger: SqliteLedger,
) -> None:
    ledger.hold(hold("a"), 100.0, 0)
    ledger.hold(hold("b"), 99.5, 0)  # waited for the file since before "a"
    assert ledger.balance(TEAM, 99.0, 0) == (0, 20)


@pytest.mark.parametrize("per", ["hour", "day", "week", "month", None])
def test_sums_of_which_nobody_can_ask_any_more_are_not_kept(
    ledger: SqliteLedger, path: Path, per
) -> None:
    account, other = Account("team", 10**9, per), Account("other", 10**9, per)
    for number, asked in enumerate([other, *[account] * 400]):
        wall = 1.7e9 + number * 5 * 3600
        slots = ledger.hold(Hold(f"{number}", 10, (asked,), 60.0), 0, wall)
        assert not isinstance(slots, Shortage)
        before, _ = ledger.balance(asked, 0, wall)
        ledger.settle(f"{number}", slots, Spending(7, "openai/m", "chat"), wall)
        assert ledger.balance(asked, 0, wall) == (before + 7, 0)
    assert ledger.balance(other, 0, 1.7e9) == (7, 0)
    (rows,) = ledger._file.transaction(
        lambda to: to.execute("SELECT count(*) FROM balance WHERE account = 'team'").fetchone()
    )
    assert rows <= {"hour": 36, "day": 9}.get(per, 2)
    assert [(found.name, found.calls) for found in spent(path, "account")] == [
        ("other", 1),
        ("team", 400),
    ]


def test_a_settlement_of_a_period_long_past_harms_none_that_is_asked_for(
    ledger: SqliteLedger,
) -> None:
    hourly = Account("team", 100, "hour")
    late, now = 1.7e9, 1.7e9 + 30 * 86400
    old = ledger.hold(Hold("old", 10, (hourly,), 60.0), 0, late)
    new = ledger.hold(Hold("new", 10, (hourly,), 60.0), 0, now)
    assert not isinstance(old, Shortage)
    assert not isinstance(new, Shortage)
    ledger.settle("new", new, Spending(5, "openai/m", "chat"), now)
    ledger.settle("old", old, Spending(9, "openai/m", "chat"), now)
    assert ledger.balance(hourly, 0, now) == (5, 0)


def test_a_hold_from_before_the_machine_was_started_anew_is_over(ledger: SqliteLedger) -> None:
    ledger.hold(hold("a"), 1e6, 0)
    assert ledger.balance(TEAM, 30.0, 0) == (0, 0)


def test_a_wall_clock_that_is_set_neither_ends_nor_prolongs_a_hold(ledger: SqliteLedger) -> None:
    ledger.hold(hold("a"), 100, 0)
    assert ledger.balance(TEAM, 101, 1e9) == (0, 10)
    assert ledger.balance(TEAM, 159, -1e6) == (0, 10)
    assert ledger.balance(TEAM, 160, 0) == (0, 0)


def test_a_call_takes_two_transactions(path: Path) -> None:
    ledger = SqliteLedger(path)
    said: list[str] = []
    assert ledger._file.connection is not None
    ledger._file.connection.set_trace_callback(said.append)
    slots = ledger.hold(hold("a"), 0, 0)
    assert not isinstance(slots, Shortage)
    ledger.settle("a", slots, Spending(1, "openai/m", "chat"), 0)
    assert said.count("BEGIN IMMEDIATE") == 2
    assert said.count("COMMIT") == 2
    ledger.close()


@pytest.mark.parametrize("content", [b"garbage" * 1000, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_file_is_refused_at_once_in_one_sentence(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        SqliteLedger(path)
    assert str(caught.value).startswith(f"the ledger {path} cannot be used: it is damaged")
    assert "\n" not in str(caught.value)


def test_damage_that_comes_later_is_told_too(path: Path) -> None:
    SqliteLedger(path).close()
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    path.write_bytes(data)
    ledger = SqliteLedger(path)
    with pytest.raises(StoreError, match="it is damaged"):
        ledger.hold(hold("a"), 0, 0)
    ledger.close()


def test_another_programs_database_is_left_alone(path: Path) -> None:
    path.parent.mkdir()
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE theirs (x)")
    other.commit()
    other.close()
    before = path.read_bytes()
    with pytest.raises(ConfigError, match="another program's database"):
        SqliteLedger(path)
    assert path.read_bytes() == before


def test_the_file_of_a_newer_version_is_left_alone(path: Path) -> None:
    SqliteLedger(path).close()
    newer = sqlite3.connect(path)
    newer.execute("PRAGMA user_version = 99")
    newer.close()
    with pytest.raises(ConfigError, match="a newer fairlead wrote it"):
        SqliteLedger(path)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be used"):
        SqliteLedger(tmp_path / "file" / "ledger.db")


READ_ONLY = """
import os, sys
from pathlib import Path
from fairlead.errors import ConfigError
from fairlead.stores.sqlite import SqliteLedger
if os.geteuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
try:
    SqliteLedger(Path(sys.argv[1]))
except ConfigError as error:
    print(error)
"""


@pytest.mark.fault("R4", "a read-only file is refused at the start")
def test_a_read_only_file_is_refused_at_once() -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.db"
        SqliteLedger(path).close()
        path.chmod(0o444)
        Path(folder).chmod(0o555)
        try:
            said = subprocess.run(
                [sys.executable, "-c", READ_ONLY, str(path)],
                capture_output=True,
                text=True,
                env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            )
        finally:
            Path(folder).chmod(0o755)
    assert said.stderr == ""
    assert said.stdout.count("\n") == 1
    assert "it cannot be written; give it to this user, or set store.path" in said.stdout


@pytest.mark.fault("R4", "a locked file is given up on after store.timeout")
def test_a_file_that_others_keep_locked_is_given_up_on_in_time(path: Path) -> None:
    ledger = SqliteLedger(path, timeout=0.05)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    for watch in prompt(0.5):
        with watch, pytest.raises(StoreError, match="other processes keep it locked"):
            ledger.hold(hold("a"), 0, 0)
    other.execute("ROLLBACK")
    assert not isinstance(ledger.hold(hold("b"), 0, 0), Shortage)
    assert ledger.balance(TEAM, 0, 0) == (0, 10)
    other.close()
    ledger.close()


@pytest.mark.fault("R4", "a full disk is told, and the book stays whole")
def test_a_full_disk_is_told_and_leaves_the_book_whole(path: Path) -> None:
    ledger = SqliteLedger(path)
    assert ledger._file.connection is not None
    (pages,) = ledger._file.connection.execute("PRAGMA page_count").fetchone()
    ledger._file.connection.execute(f"PRAGMA max_page_count = {pages + 1}")
    with pytest.raises(StoreError, match="the disk is full; make room"):
        for number in range(10_000):
            ledger.hold(hold(f"{number}", 0), 0, 0)
    ledger._file.connection.execute("PRAGMA max_page_count = 1000000")
    assert not isinstance(ledger.hold(hold("after"), 0, 0), Shortage)
    assert ledger.balance(TEAM, 0, 0) == (0, 10)
    ledger.close()


@pytest.mark.skipif(sys.platform == "win32", reason="a file that is open stays there")
@pytest.mark.parametrize("how", ["moved", "deleted", "damaged and moved"])
def test_a_file_that_was_taken_away_is_made_anew_for_all(path: Path, how: str) -> None:
    first = SqliteLedger(path)
    assert not isinstance(first.hold(hold("before", 60), 0, 0), Shortage)
    if how.startswith("damaged"):
        with path.open("r+b") as file:
            file.write(b"\xff" * 8192)
    for one in list(path.parent.iterdir()):
        one.unlink() if how == "deleted" else one.rename(f"{one}.old")
    second = SqliteLedger(path)
    assert not isinstance(second.hold(hold("second", 70), 0, 0), Shortage)
    assert isinstance(first.hold(hold("first", 40), 0, 0), Shortage)
    assert first.balance(TEAM, 0, 0) == second.balance(TEAM, 0, 0) == (0, 70)
    first.close()
    assert not isinstance(second.hold(hold("after", 30), 0, 0), Shortage)
    second.close()


def test_the_file_is_the_same_wherever_the_program_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ledger = SqliteLedger(Path("ledger.db"))
    ledger.hold(hold("a"), 0, 0)
    ledger.close()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert ledger.balance(TEAM, 0, 0) == (0, 10)
    ledger.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_child_of_a_fork_opens_the_file_anew(path: Path) -> None:
    program = f"""
import os
from pathlib import Path
from fairlead.stores.sqlite import SqliteLedger
from fairlead.types.spending import Account, Hold
team = Account("team", 100)
ledger = SqliteLedger(Path({str(path)!r}), timeout=10)
ledger.hold(Hold("parent", 10, (team,), 60.0), 0, 0)
child = os.fork()
ledger.hold(Hold(f"after-{{child == 0}}", 10, (team,), 60.0), 0, 0)
if child == 0:
    os._exit(0)
os.waitpid(child, 0)
print(ledger.balance(team, 0, 0))
"""
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert said.stdout == "(0, 30)\n", said.stderr


NO_ROOM = """
import resource, sys
from pathlib import Path
from fairlead.errors import ConfigError, StoreError
from fairlead.stores.sqlite import SqliteLedger
from fairlead.types.spending import Account, Hold, Shortage
team, path = Account("team", 10**6), Path(sys.argv[1])
ledger = SqliteLedger(path)
used = max(one.stat().st_size for one in path.parent.iterdir())
resource.setrlimit(resource.RLIMIT_FSIZE, (used + 40_000, resource.RLIM_INFINITY))
held = 0
for number in range(10_000):
    try:
        assert not isinstance(ledger.hold(Hold(f"{number}", 1, (team,), 60.0), 0, 0), Shortage)
    except StoreError as error:
        print(error)
        break
    held += 1
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
print(ledger.balance(team, 0, 0) == (0, held) and held > 0)
"""


@pytest.mark.fault("R4", "a file that may not grow is told; the book stays whole and goes on later")
@pytest.mark.skipif(sys.platform == "win32", reason="this system has no limit on files")
def test_a_file_that_may_not_grow_is_told_and_the_book_stays_whole(path: Path) -> None:
    words = [sys.executable, "-c", NO_ROOM, str(path)]
    said = subprocess.run(words, capture_output=True, text=True)
    sentence, whole = said.stdout.splitlines()
    assert said.stderr == ""
    assert sentence == f"{path}: the disk is full; make room"
    assert whole == "True"


@pytest.fixture
def tiny_disk(tmp_path: Path):
    """A file system of 256 KiB."""
    place = tmp_path / "tiny"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(place)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("no file system can be mounted here (it takes root)")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.fault("R4", "a full disk is refused at the start, and told later; nothing is torn")
def test_a_disk_that_is_full_is_told_and_used_again_when_there_is_room(tiny_disk: Path) -> None:
    filler = tiny_disk / "filler"
    with suppress(OSError):
        filler.write_bytes(b"x" * (1 << 19))
    with pytest.raises(ConfigError) as caught:
        SqliteLedger(tiny_disk / "ledger.db")
    assert str(caught.value).endswith("the disk is full; make room")
    filler.unlink()
    (tiny_disk / "ledger.db").unlink(missing_ok=True)

    ledger, held = SqliteLedger(tiny_disk / "ledger.db"), 0
    with pytest.raises(StoreError, match="the disk is full; make room"):
        for held in range(10_000):  # how far it came is the point
            ledger.hold(hold(f"{held}", 0), 0, 0)
            ledger.settle(f"{held}", (), Spending(0, "openai/m" * 100, "chat"), 0)
    assert held > 0
    ledger.balance(TEAM, 0, 0)
    ledger.close()


def test_a_file_is_waited_for_as_long_as_the_timeout_says_when_it_is_opened_too(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fairlead.stores.sqlite_file._OPENING", 0.01)
    SqliteLedger(path).close()
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(ConfigError, match=r"keep it locked; raise store.timeout"):
        SqliteLedger(path, timeout=0.01)
    letting_go = Timer(0.2, other.close)
    letting_go.start()
    SqliteLedger(path, timeout=20).close()
    letting_go.join()


def test_those_who_open_a_new_file_at_once_all_find_it_theirs(tmp_path: Path) -> None:
    refused: list[Exception] = []

    def work(path: Path, together: Barrier) -> None:
        together.wait()
        try:
            SqliteLedger(path, timeout=30).close()
        except ConfigError as error:
            refused.append(error)

    for number in range(10):
        together = Barrier(12)
        path = tmp_path / str(number) / "ledger.db"
        threads = [Thread(target=work, args=(path, together)) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert refused == []
