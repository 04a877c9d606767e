"""Keeps the record of each target that routes go by: how quick it is, its load, its rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from fairlead.errors import FairleadError
from fairlead.policies.fallback import rest_after

if TYPE_CHECKING:
    from fairlead.engine.call import Call, Handler
    from fairlead.engine.reply import Reply
    from fairlead.policies.target_record import TargetRecords
    from fairlead.ports import Runtime

E_ = TypeVar("E_")
R_ = TypeVar("R_")


def measure(inner: Handler[E_, R_], *, records: TargetRecords, runtime: Runtime) -> Handler[E_, R_]:
    """Stands outside retry: what a target takes to begin includes the waits that it causes."""

    async def handle(call: Call[E_, R_]) -> Reply[E_, R_]:
        record, started = records.of(call.target), runtime.now()
        record.begun()
        try:
            reply = await inner(call)
        except BaseException as error:
            record.ended()
            now = runtime.now()
            if isinstance(error, FairleadError) and (rest := rest_after(error)):
                record.rest(now + rest)
            if call.lost:
                # It would have taken longer still; to leave it out would make it look quick.
                record.answered(now - started, now, stream=call.stream)
            raise
        now = runtime.now()
        record.answered(now - started, now, stream=call.stream)
        reply.watch(lambda _reply, _error: record.ended())
        return reply

    return handle
