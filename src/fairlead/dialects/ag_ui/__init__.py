"""AG-UI: agents over HTTP, which answer like a model. One endpoint, at any path."""

from __future__ import annotations

from fairlead.dialects.ag_ui.dialect import AgUi
from fairlead.dialects.ag_ui.options import AgUiOptions

__all__ = ["DIALECT", "AgUi", "AgUiOptions"]

DIALECT = AgUi()
