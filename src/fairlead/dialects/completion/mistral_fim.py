"""Mistral's fill in the middle (`POST {base}/fim/completions`).

It is asked like OpenAI's completions and answers like Chat Completions.
"""

from __future__ import annotations

from fairlead.dialects.completion.openai_completions import OpenAICompletions


class MistralFim(OpenAICompletions):
    """See `ports.Dialect`."""

    name = "mistral_fim"
    lacking = ("user",)


DIALECT = MistralFim()
