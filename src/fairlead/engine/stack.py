"""THE ORDER of the layers, outermost first. Only this file names them all.

    observe → deadline → cache → fallback │ hedge → measure → ledger → retry → credentials
            → breaker → limit → shared limit → exchange

Why this order: observers see a call once, with all its attempts. The deadline covers everything,
waiting included. A cache hit reserves no money and takes no permit, nor does who shares a call
under way: both stand outside all that sends. The ledger stands inside fallback and hedge: each
target has a price of its own, and money is held for a copy as well. Retry stands outside breaker
and limit, so that every attempt is one sample of the breaker and takes its own permits. Credentials
stand inside retry and outside the rest: whoever waits for a token holds no permit, and the one
replay after a refused token is no retry: it happens where retries are off, and spends nothing of
their budget. Limits that processes share stand inside the process's own, which wait out what the
provider said. Fallback, hedge and measure are for calls that have a route; the others go straight
to retry.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fairlead.engine.exchange import Exchange
from fairlead.engine.forgotten import Forgotten
from fairlead.engine.guards import Guards
from fairlead.engine.layers.breaker import breaker
from fairlead.engine.layers.cache import cache
from fairlead.engine.layers.credentials import credentials, no_credentials
from fairlead.engine.layers.deadline import deadline
from fairlead.engine.layers.fallback import fallback
from fairlead.engine.layers.hedge import hedge
from fairlead.engine.layers.ledger import ledger as ledger_layer
from fairlead.engine.layers.limit import limit
from fairlead.engine.layers.measure import measure
from fairlead.engine.layers.observe import observe
from fairlead.engine.layers.retry import RetryBudgets, retry
from fairlead.engine.layers.shared_limit import shared_limit
from fairlead.engine.tokens import Tokens
from fairlead.engine.walk import Ways
from fairlead.policies.target_record import TargetRecords

if TYPE_CHECKING:
    from fairlead.engine.answers import Answers
    from fairlead.engine.call import Handler
    from fairlead.engine.ledger import Ledger
    from fairlead.engine.watching import Watching
    from fairlead.policies.retry import RetryPolicy
    from fairlead.ports import Runtime, Transport


def build(
    *,
    transport: Transport,
    runtime: Runtime,
    retries: RetryPolicy,
    budgets: RetryBudgets,
    watching: Watching,
    random: Callable[[], float],
    guards: Guards = Guards(),  # noqa: B008  # frozen
    records: TargetRecords | None = None,
    ledger: Ledger | None = None,
    tokens: Tokens | None = None,
    forgotten: Forgotten | None = None,
    answers: Answers | None = None,
    offline: bool = False,
) -> Handler[Any, Any]:
    """The handler that a client calls. One stack serves calls of every kind."""
    forgotten = Forgotten() if forgotten is None else forgotten
    handler: Handler[Any, Any] = Exchange(transport, runtime, forgotten)
    if guards.gates is not None and guards.shared is not None:
        handler = shared_limit(handler, gates=guards.gates, shared=guards.shared, runtime=runtime)
    if guards.gates is not None:
        handler = limit(handler, gates=guards.gates, runtime=runtime)
    if guards.breakers is not None:
        handler = breaker(handler, breakers=guards.breakers, runtime=runtime)
    if offline:
        handler = no_credentials(handler)
    else:
        tokens = tokens or Tokens(transport, runtime, random=random)
        handler = credentials(handler, tokens=tokens, runtime=runtime)
    handler = retry(handler, policy=retries, budgets=budgets, runtime=runtime, random=random)
    if ledger is not None:
        handler = ledger_layer(handler, books=ledger, runtime=runtime)
    ways = Ways(
        records=records or TargetRecords(),
        retries=retries,
        budgets=budgets,
        runtime=runtime,
        random=random,
        hedges=hasattr(runtime, "race"),
    )
    handler = _routes(handler, ways)
    if answers is not None:
        handler = cache(handler, answers=answers, runtime=runtime)
    handler = deadline(handler, runtime=runtime)
    return observe(handler, watching=watching, runtime=runtime, forgotten=forgotten)


def _routes(inner: Handler[Any, Any], ways: Ways) -> Handler[Any, Any]:
    """What stands in the way of calls that have a route."""
    leg = measure(inner, records=ways.records, runtime=ways.runtime)
    race = getattr(ways.runtime, "race", None)
    if race is not None:
        leg = hedge(leg, race=race)
    return fallback(inner, leg=leg, ways=ways)
