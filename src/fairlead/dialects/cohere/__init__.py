"""Cohere's chat protocol, second version (`POST /v2/chat`)."""

from __future__ import annotations

from fairlead.dialects.cohere.dialect import CohereChat
from fairlead.dialects.cohere.options import CohereOptions

__all__ = ["DIALECT", "CohereChat", "CohereOptions"]

DIALECT = CohereChat()
