"""What can be set of limits: requests and tokens per time, how many at once, and who counts."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from fairlead.errors import ConfigError

Scope = Literal["model", "key", "provider"]

_BURST_SECONDS = 10
_MOST_SHARED = 100_000_000
"""A rate whose sums are still exact in every store, per its second or minute."""
_LONGEST_LEASE = 86_400


def provider_of(target: str) -> str:
    """Whose limits the target falls under; a server that is named by its address is by itself."""
    return target if "://" in target else target.partition("/")[0]


class RateLimits(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The table `[rate_limits]`, also of one provider or one target. Nothing is limited unless set.

    In any time T at most `burst` requests and the rate times T begin: `burst` is by default one
    second's worth of `requests_per_second`, ten seconds' of `requests_per_minute` and of
    `tokens_per_minute`. With `strict` it is one: ten a second are then at most ten in any second.
    `concurrency` bounds how many are under way; with `adaptive`, that number is found by the
    provider's refusals (429, 503, 529), and `concurrency` is the most it may become.

    Numbers count for each model and each key by itself; with `per = "key"` for all of a provider's
    models together, with `per = "provider"` for its keys together too. What waits, waits in order
    of arrival until the call's deadline, or for `max_wait` seconds. With `follow_headers`, what the
    provider's own headers say is left lowers the limits further; they never raise them.

    With `shared`, all processes that use the same `[store]` count together. A process that dies
    keeps its places until its calls' deadlines, or for `lease` seconds: longer than whole answers
    and the first word of streams take to come. A stream that is being read may last longer.
    """

    requests_per_second: int | None = None
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    burst: int | None = None
    strict: bool = False
    concurrency: int | None = None
    adaptive: bool = False
    max_wait: float | None = None
    follow_headers: bool = True
    per: Scope = "model"
    shared: bool = False
    lease: float | None = None

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if isinstance(value, int | float) and not isinstance(value, bool):
                self._check_number(name, value)
        problem = self._contradiction()
        if problem:
            raise ConfigError(f"rate_limits: {problem}")

    @property
    def requests(self) -> bool:
        """Whether requests per time are limited."""
        return self.requests_per_second is not None or self.requests_per_minute is not None

    @property
    def active(self) -> bool:
        """Whether anything is limited."""
        return (
            self.requests
            or self.tokens_per_minute is not None
            or self.concurrency is not None
            or self.adaptive
        )

    @property
    def request_rate(self) -> tuple[int, int, int] | None:
        """So many requests in so many seconds, and how many at once."""
        if self.requests_per_second is not None:
            count, seconds, worth = self.requests_per_second, 1, self.requests_per_second
        elif self.requests_per_minute is not None:
            count, seconds = self.requests_per_minute, 60
            worth = max(1, count * _BURST_SECONDS // 60)
        else:
            return None
        return count, seconds, 1 if self.strict else self.burst or worth

    @property
    def token_rate(self) -> tuple[int, int, int] | None:
        """So many tokens in so many seconds, and how many at once."""
        count = self.tokens_per_minute
        if count is None:
            return None
        return count, 60, 1 if self.strict else max(1, count * _BURST_SECONDS // 60)

    def _check_number(self, name: str, value: float) -> None:
        least = 0 if name == "max_wait" else 1
        if not least <= value < float("inf"):
            raise ConfigError(f"rate_limits.{name} must be at least {least}, not {value:g}")

    def _contradiction(self) -> str:
        if self.requests_per_second is not None and self.requests_per_minute is not None:
            return "give requests_per_second or requests_per_minute, not both"
        if self.strict and self.burst is not None and self.burst > 1:
            return f"strict allows no burst, and burst is {self.burst}; leave one of them out"
        if self.burst is not None and not self.requests:
            return "burst says how many requests may come at once; give requests_per_minute too"
        if self.strict and not self.requests and self.tokens_per_minute is None:
            return "strict says how a rate is held; give requests_per_minute too"
        if self.max_wait is not None and not self.active:
            return "max_wait bounds the wait for a limit, and none is set; give one, or leave it"
        return self._contradiction_in_sharing()

    def _contradiction_in_sharing(self) -> str:
        if self.lease is not None and not (self.shared and self.concurrency is not None):
            return "lease is for places that processes share; give shared and concurrency too"
        if self.lease is not None and self.lease > _LONGEST_LEASE:
            return f"a lease is at most a day ({_LONGEST_LEASE} seconds), not {self.lease:g}"
        if not self.shared:
            return ""
        if self.adaptive:
            return "adaptive finds each process's own number; leave out adaptive or shared"
        rates = (self.requests_per_second, self.requests_per_minute, self.tokens_per_minute)
        if max(rate or 0 for rate in (*rates, self.burst)) > _MOST_SHARED:
            return f"with shared, no rate may be above {_MOST_SHARED}"
        return ""
