"""Structured logs: one record for each call, and JSON with everything that looks like a key hidden.

A record has who, what, how long and how it ended; never what people or models wrote, and never what
a provider said with an error, which may repeat it.
"""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fairlead.errors import AllTargetsFailed, ApiError
from fairlead.ports import Observer
from fairlead.types.http import REDACTED

if TYPE_CHECKING:
    from fairlead.types.observed import CallEnd, ObservedAttempt, ObservedCall
    from fairlead.types.receipts import Attempt

LOGGER = "fairlead.calls"
_FIELDS = "fairlead_fields"
_NAMED = (
    r"\b(?:bearer|basic)\s+"
    r"|(?:[\w-]{0,40}(?:api[-_]?key|token|secret|password|authorization)|\bkey)"
    r"""["']?\s*[=:]\s*["']?(?:(?:bearer|basic)\s+)?"""
)
_SHAPED = r"\b(?:(?:sk|pk|rk|xai|pplx|nvapi|csk)-|(?:gsk|hf|gh[opsu]|r8)_|AIza|AKIA|ASIA|eyJ)"
_SECRET = re.compile(rf"""(?P<kept>(?i:{_NAMED}))[^\s"',;&}}\]]{{6,}}|{_SHAPED}[-\w.]{{10,}}""")
"""What is called a key, and what looks like one of the well-known kinds."""


class CallLog(Observer):
    """Writes to the logger `fairlead.calls`, or the one given: calls at INFO, failed ones at
    WARNING, attempts at DEBUG. The figures are in the record for `JsonFormatter`.
    """

    def __init__(self, logger: logging.Logger | None = None) -> None:
        self._logger = logger if logger is not None else logging.getLogger(LOGGER)

    def call_stop(self, call: ObservedCall, end: CallEnd) -> None:
        self._call(logging.INFO, call, end, end.how)

    def call_exception(self, call: ObservedCall, end: CallEnd, error: BaseException) -> None:
        failed = isinstance(error, Exception)
        level = logging.WARNING if failed else logging.INFO
        self._call(level, call, end, type(error).__name__, error)

    def attempt_stop(self, call: ObservedCall, begun: ObservedAttempt, attempt: Attempt) -> None:
        self._attempt(call, begun, attempt, "ok" if attempt.error is None else "closed")

    def attempt_exception(
        self, call: ObservedCall, begun: ObservedAttempt, attempt: Attempt, error: BaseException
    ) -> None:
        self._attempt(call, begun, attempt, type(error).__name__)

    def _call(
        self,
        level: int,
        call: ObservedCall,
        end: CallEnd,
        ended: str,
        error: BaseException | None = None,
    ) -> None:
        if not self._logger.isEnabledFor(level):
            return
        receipt, usage, cost = end.receipt, end.usage, end.cost
        fields: dict[str, object] = {
            "event": "call",
            "operation": call.operation,
            "target": receipt.target,
            "stream": call.stream,
            "ended": ended,
            "seconds": round(receipt.seconds, 6),
            "attempts": len(receipt.attempts),
            "key_name": receipt.key_name,
            "input_tokens": None if usage is None else usage.input_tokens,
            "output_tokens": None if usage is None else usage.output_tokens,
            "usd": None if cost is None else str(cost.usd),
            **_causes(error),
        }
        text = "%s %s: %s in %.3f s, attempts: %d"
        values = (call.operation, receipt.target, ended, receipt.seconds, len(receipt.attempts))
        self._logger.log(level, text, *values, extra=_extra(fields))

    def _attempt(
        self, call: ObservedCall, begun: ObservedAttempt, attempt: Attempt, ended: str
    ) -> None:
        if not self._logger.isEnabledFor(logging.DEBUG):
            return
        total = attempt.timings.total or 0.0
        fields: dict[str, object] = {
            "event": "attempt",
            "operation": call.operation,
            "target": attempt.target,
            "number": begun.number,
            "ended": ended,
            "status": attempt.status,
            "seconds": round(total, 6),
            "request_id": attempt.request_id,
        }
        text = "%s %s: attempt %d, %s in %.3f s"
        values = (call.operation, attempt.target, begun.number, ended, total)
        self._logger.debug(text, *values, extra=_extra(fields))


class JsonFormatter(logging.Formatter):
    """One JSON object on one line for each record, of any logger. Unset fields are left out."""

    def format(self, record: logging.LogRecord) -> str:
        fields: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": hidden(record.getMessage()),
        }
        own = getattr(record, _FIELDS, {})
        fields |= {key: _clean(value) for key, value in own.items() if value is not None}
        if record.exc_info and record.exc_info[0] is not None:
            fields["traceback"] = hidden(self.formatException(record.exc_info))
        if record.stack_info:
            fields["stack"] = hidden(self.formatStack(record.stack_info))
        return json.dumps(fields, ensure_ascii=True, default=str)


def hidden(text: str) -> str:
    """`text` with everything that looks like a key in stars."""
    return _SECRET.sub(lambda found: (found["kept"] or "") + REDACTED, text)


def _causes(error: BaseException | None) -> dict[str, object]:
    """What of an error helps whoever reads the log, and is nobody's words: kinds and a status."""
    if isinstance(error, AllTargetsFailed):
        kinds = [type(each).__name__ for each in error.exceptions]
        return {"failed": dict(zip(error.targets, kinds, strict=False))}
    return {"status": error.status} if isinstance(error, ApiError) else {}


def _clean(value: object) -> object:
    return hidden(value) if isinstance(value, str) else value


def _extra(fields: dict[str, object]) -> dict[str, object]:
    return {_FIELDS: {key: value for key, value in fields.items() if value is not None}}
