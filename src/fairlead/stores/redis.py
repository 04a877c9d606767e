"""The ledger of many machines: Redis 5 or later, one round trip for each hold and each settlement.

Periods and leases go by Redis' clock, whatever the clients' say.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from fairlead.errors import ConfigError, StoreError
from fairlead.stores.script import BALANCE, HOLD, SETTLE
from fairlead.types.spending import Shortage, Slot

if TYPE_CHECKING:
    from redis import Redis
    from redis.commands.core import Script

    from fairlead.auth.secret import Secret
    from fairlead.types.spending import Account, Hold, Spending

_CONNECTIONS = 64
_OLDEST = (5, 0)


class RedisLedger:
    """Satisfies `ports.LedgerStore`. Connects at the first call. Single calls are not recorded.

    `timeout` bounds connecting and answering, in seconds. Raises `ConfigError` for an address that
    is none, and where the client library is missing.
    """

    in_memory = False
    records = False

    def __init__(
        self, url: Secret | str, *, timeout: float = 0.05, prefix: str = "fairlead"
    ) -> None:
        self._client = _client(url if isinstance(url, str) else url.reveal(), timeout)
        self._key = f"{{{prefix}}}"
        self._checked = False
        self._hold = self._client.register_script(HOLD)
        self._settle = self._client.register_script(SETTLE)
        self._balance = self._client.register_script(BALANCE)

    def hold(self, hold: Hold, now: float, wall: float) -> tuple[Slot, ...] | Shortage:
        words: list[str | int] = [hold.id, hold.amount, int(hold.lease * 1000)]
        for account in hold.accounts:
            words += [account.name, account.per or "", account.limit]
        said = self._run(self._hold, words)
        if said[0] == b"short":
            index, settled, held, left = map(int, said[1:])
            return Shortage(hold.accounts[index], settled, held, None if left < 0 else float(left))
        return tuple(
            Slot(account.name, account.per, int(window))
            for account, window in zip(hold.accounts, said[1:], strict=True)
        )

    def settle(
        self, name: str, slots: Sequence[Slot], spending: Spending | None, wall: float
    ) -> None:
        words: list[str | int] = [name, 0 if spending is None else spending.amount]
        for slot in slots:
            words += [slot.account, slot.per or "", slot.window]
        self._run(self._settle, words)

    def balance(self, account: Account, now: float, wall: float) -> tuple[int, int]:
        settled, held = self._run(self._balance, [account.name, account.per or ""])
        return int(settled), int(held)

    def close(self) -> None:
        self._client.close()

    def _run(self, script: Script, words: Sequence[str | int]) -> list[bytes]:
        from redis import RedisError

        problem = ""
        try:
            if not self._checked:
                _check_version(self._client)
                self._checked = True
            return cast("list[bytes]", script(keys=[self._key], args=words))
        except RedisError as error:
            problem = _sentence(error)
        except (OSError, UnicodeError) as error:
            problem = f"cannot be reached ({type(error).__name__})"
        raise StoreError(f"the Redis that keeps the budgets {problem}")


def _client(url: str, timeout: float) -> Redis:
    try:
        from redis import ConnectionPool, Redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry
    except ImportError:
        problem = 'Redis needs its client library: pip install "fairlead[redis]"'
    else:
        try:
            # Never a second try of its own: it would take as long again, and hold twice.
            pool = ConnectionPool.from_url(
                url,
                socket_timeout=timeout,
                socket_connect_timeout=timeout,
                retry=Retry(NoBackoff(), 0),
                max_connections=_CONNECTIONS,
            )
            return Redis(connection_pool=pool)
        except ValueError:
            problem = "store.url is no address of a Redis; write redis://host:port/0"
    raise ConfigError(problem)


def _check_version(client: Redis) -> None:
    said = cast("dict[str, object]", client.info("server")).get("redis_version", "")
    found = str(said).split(".")
    if tuple(int(part) for part in found[:2] if part.isdigit()) < _OLDEST:
        raise StoreError(f"the Redis that keeps the budgets is version {said}; 5.0 is the oldest")


def _sentence(error: Exception) -> str:
    """What went wrong, in our words: the library's may hold the address with its password."""
    text, kind = str(error), type(error).__name__
    if "WRONGTYPE" in text:
        return "holds something else under our keys; set another store.prefix"
    if "OOM" in text or kind == "OutOfMemoryError":
        return "is out of memory; raise its maxmemory"
    if "READONLY" in text or kind == "ReadOnlyError":
        return "is a read-only replica; set store.url to its master"
    if kind in ("AuthenticationError", "NoPermissionError", "AuthorizationError"):
        return "refuses the login of store.url"
    if "NOAUTH" in text or "WRONGPASS" in text:
        return "refuses the login of store.url"
    if "Timeout" in kind:
        return "does not answer; see that it runs, or raise store.timeout"
    if "MaxConnections" in kind:
        return f"is asked by more than {_CONNECTIONS} calls at once"
    if "Connection" in kind or "BusyLoading" in kind:
        return "cannot be reached; see that it runs and that store.url is right"
    return f"refused ({kind})"
