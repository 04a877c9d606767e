"""Google's generateContent protocol, spoken by the Gemini API and by Vertex AI alike."""

from __future__ import annotations

from fairlead.dialects.gemini.dialect import Gemini
from fairlead.dialects.gemini.options import GeminiOptions

__all__ = ["DIALECT", "Gemini", "GeminiOptions"]

DIALECT = Gemini()
