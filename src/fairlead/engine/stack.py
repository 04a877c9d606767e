"""THE ORDER of the layers, outermost first. Only this file names them all.

    observe → deadline → [cache → ledger → fallback │ hedge] → retry → credentials
            → [breaker → limit] → exchange

What stands in brackets has its place and is not built yet. Why this order: observers see a call
once, with all its attempts. The deadline covers everything, waiting included. A cache hit will
reserve no money. Retry stands outside breaker and limit, so that every attempt is one sample of the
breaker and takes its own permits. Credentials stand inside retry and outside the rest: whoever
waits for a token holds no permit, and the one replay after a refused token is no retry: it happens
where retries are off, and spends nothing of their budget.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from fairlead.engine.exchange import Exchange
from fairlead.engine.layers.credentials import credentials
from fairlead.engine.layers.deadline import deadline
from fairlead.engine.layers.observe import observe
from fairlead.engine.layers.retry import RetryBudgets, retry
from fairlead.engine.tokens import Tokens

if TYPE_CHECKING:
    from fairlead.engine.call import Handler
    from fairlead.policies.retry import RetryPolicy
    from fairlead.ports import Observer, Runtime, Transport


def build(
    *,
    transport: Transport,
    runtime: Runtime,
    retries: RetryPolicy,
    budgets: RetryBudgets,
    observers: Sequence[Observer],
    random: Callable[[], float],
) -> Handler[Any, Any]:
    """The handler that a client calls. One stack serves calls of every kind."""
    handler: Handler[Any, Any] = Exchange(transport, runtime)
    handler = credentials(handler, tokens=Tokens(transport, runtime), runtime=runtime)
    handler = retry(handler, policy=retries, budgets=budgets, runtime=runtime, random=random)
    handler = deadline(handler, runtime=runtime)
    return observe(handler, observers=observers, runtime=runtime)
