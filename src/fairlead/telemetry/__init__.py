"""What others may see of a call: statistics, logs, OpenTelemetry and Prometheus.

Everything here is an observer: pass it as `Client(observers=[...])`. Importing this package loads
nothing: every name is fetched when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fairlead.telemetry.bottleneck import Finding as Finding, findings as findings
    from fairlead.telemetry.histogram import Histogram as Histogram
    from fairlead.telemetry.logs import CallLog as CallLog, JsonFormatter as JsonFormatter
    from fairlead.telemetry.otel import OpenTelemetry as OpenTelemetry
    from fairlead.telemetry.prometheus import Collector as Collector, exposition as exposition
    from fairlead.telemetry.queued import Queued as Queued
    from fairlead.telemetry.snapshot import (
        Distribution as Distribution,
        Snapshot as Snapshot,
        TargetSnapshot as TargetSnapshot,
    )
    from fairlead.telemetry.statistics import Statistics as Statistics

_HOMES = {
    "bottleneck": "Finding findings",
    "histogram": "Histogram",
    "logs": "CallLog JsonFormatter",
    "otel": "OpenTelemetry",
    "prometheus": "Collector exposition",
    "queued": "Queued",
    "snapshot": "Distribution Snapshot TargetSnapshot",
    "statistics": "Statistics",
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}

__all__ = sorted(_HOME_OF)  # all are strings


def __getattr__(name: str) -> object:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module 'fairlead.telemetry' has no attribute {name!r}")
    value: object = getattr(import_module(f"fairlead.telemetry.{home}"), name)
    globals()[name] = value
    return value
