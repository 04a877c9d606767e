"""Settings: arguments over environment over fairlead.toml over defaults, frozen once loaded."""

from __future__ import annotations

from fairlead.policies.breaker import BreakerPolicy
from fairlead.policies.cache import CachePolicy
from fairlead.policies.rate_limits import RateLimits
from fairlead.ports import Limits, Timeouts
from fairlead.settings.values import (
    BudgetSettings,
    LoginSettings,
    LogSettings,
    ProviderSettings,
    ReloadSettings,
    RetrySettings,
    Settings,
    StoreSettings,
    StreamSettings,
    TargetSettings,
)
from fairlead.types.http import HttpSettings
from fairlead.types.routes import Route

__all__ = [
    "BreakerPolicy",
    "BudgetSettings",
    "CachePolicy",
    "HttpSettings",
    "Limits",
    "LogSettings",
    "LoginSettings",
    "ProviderSettings",
    "RateLimits",
    "ReloadSettings",
    "RetrySettings",
    "Route",
    "Settings",
    "StoreSettings",
    "StreamSettings",
    "TargetSettings",
    "Timeouts",
]
