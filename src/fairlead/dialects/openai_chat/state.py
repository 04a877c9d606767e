"""The provider state that this dialect keeps on parts, and gets back."""

from __future__ import annotations

import msgspec

from fairlead.dialects.openai_chat.extras import DIALECT
from fairlead.types.messages import ProviderState


def own(state: ProviderState | None) -> dict[str, object] | None:
    """The state's object; None for none, another dialect's, or one that is no JSON object."""
    if state is None or state.dialect != DIALECT:
        return None
    try:
        value = msgspec.json.decode(state.data)
    except (ValueError, RecursionError):  # also for text that is no UTF-8
        return None
    return value if isinstance(value, dict) else None
