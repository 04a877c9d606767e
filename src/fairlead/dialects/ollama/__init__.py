"""Ollama's own chat protocol (`POST /api/chat`), on the user's machine and in its cloud."""

from __future__ import annotations

from fairlead.dialects.ollama.dialect import OllamaChat
from fairlead.dialects.ollama.options import OllamaOptions

__all__ = ["DIALECT", "OllamaChat", "OllamaOptions"]

DIALECT = OllamaChat()
