from __future__ import annotations

from tests.transports.colours import colour

__all__ = ["colour"]
