"""The way to a Redis, 5 or later: runs our scripts there, and says in our words what went wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from fairlead.errors import ConfigError, StoreError

if TYPE_CHECKING:
    from redis import Redis
    from redis.commands.core import Script

    from fairlead.auth.secret import Secret

_CONNECTIONS = 64
_OLDEST = (5, 0)


class RedisLine:
    """Connects at the first run. `keeps` are words for what is kept there.

    `timeout` bounds connecting and answering, in seconds. Raises `ConfigError` for an address that
    is none, and where the client library is missing.
    """

    def __init__(self, url: Secret | str, *, timeout: float, keeps: str) -> None:
        self.client = _client(url if isinstance(url, str) else url.reveal(), timeout)
        self._keeps = keeps
        self._checked = False

    @property
    def place(self) -> str:
        """Which Redis it is, without the login."""
        found = self.client.connection_pool.connection_kwargs
        where = found.get("path") or f"{found.get('host')}:{found.get('port')}"
        return f"{where}/{found.get('db') or 0}"

    def script(self, text: str) -> Script:
        """One that `run` takes: Redis is sent its text only where it does not know it yet."""
        return self.client.register_script(text)

    def run(self, script: Script, key: str, words: Sequence[str | int]) -> list[bytes]:
        """What `script` answers. One round trip. Raises `StoreError`."""
        from redis import RedisError

        problem = ""
        try:
            if not self._checked:
                problem = _unfit(self.client)
                self._checked = not problem
            if not problem:
                return cast("list[bytes]", script(keys=[key], args=words))
        except RedisError as error:
            problem = _sentence(error)
        except (OSError, UnicodeError) as error:
            problem = f"cannot be reached ({type(error).__name__})"
        raise StoreError(f"the Redis that keeps {self._keeps} {problem}")

    def close(self) -> None:
        """Close all connections; a later run opens new ones."""
        self.client.connection_pool.disconnect()  # a client that was given its pool leaves it open


def _client(url: str, timeout: float) -> Redis:
    try:
        from redis import ConnectionPool, Redis, RedisError
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
            # What we send and read is bytes, whatever the address asks for.
            pool.connection_kwargs.update(decode_responses=False, encoding="utf-8")
            pool.connection_class(**pool.connection_kwargs)  # fails now for options it has not
            return Redis(connection_pool=pool)
        except (ValueError, TypeError, RedisError):
            problem = "store.url is no address of a Redis; write redis://host:port/0"
    del url  # a traceback that shows local variables must show no password
    raise ConfigError(problem)


def _unfit(client: Redis) -> str:
    """Why this Redis cannot be used; empty where it can."""
    said = cast("dict[str, object]", client.info())
    version = str(said.get("redis_version", ""))
    found = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    if found < _OLDEST:
        return f"is version {version}; 5.0 is the oldest"
    policy = str(said.get("maxmemory_policy", "noeviction"))
    if policy != "noeviction" and said.get("maxmemory"):
        return f"forgets keys when it is full ({policy}); set its maxmemory-policy to noeviction"
    return ""


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
    if "unknown command" in text:
        return "runs no scripts (EVALSHA is switched off there); use one that does"
    if kind in ("MovedError", "AskError", "ClusterDownError") or "CLUSTERDOWN" in text:
        return "is a cluster; set store.url to a single Redis, or to a proxy of the cluster"
    if "Connection" in kind or "BusyLoading" in kind:
        return "cannot be reached; see that it runs and that store.url is right"
    return f"refused ({kind})"
