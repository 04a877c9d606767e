"""Settings: arguments over environment over fairlead.toml over defaults, frozen once loaded."""

from __future__ import annotations

from fairlead.settings.values import ProviderSettings, RetrySettings, Settings

__all__ = ["ProviderSettings", "RetrySettings", "Settings"]
