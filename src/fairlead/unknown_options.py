"""The error for an option that there is none of: what it is called here, or where it went."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from fairlead.errors import InvalidRequest
from fairlead.types.requests import Options

_ELSEWHERE = {
    "api_base": "set base_url of the provider in the settings",
    "api_key": "give it to the client, as in Client(keys={'openai': ...})",
    "base_url": "set it for the provider in the settings",
    "fallbacks": "pass fairlead.route(...) as the model",
    "functions": "use tools=",
    "headers": "use extra_headers=",
    "instructions": "use system=",
    "max_completion_tokens": "use max_tokens=",
    "max_output_tokens": "use max_tokens=",
    "max_retries": "set it in the table [retry] of the settings",
    "max_turns": "call run(...)",
    "num_retries": "set max_retries in the table [retry] of the settings",
    "response_format": "use output=, or call extract(...)",
    "response_model": "call extract(...)",
    "stop_sequences": "use stop=",
    "stream": "call stream(...)",
    "system_prompt": "use system=",
    "text_format": "call extract(...)",
    "timeout": "use deadline=, seconds for the whole call",
}
"""What other clients call it, and what it is here."""


def unknown_option(name: str, known: Iterable[str]) -> InvalidRequest:
    """`known` are the options that there are; the nearest is named where none fits better."""
    return InvalidRequest(f"there is no option {name!r}; {_advice(name, tuple(known))}")


def _advice(name: str, known: tuple[str, ...]) -> str:
    if name in _ELSEWHERE:
        return _ELSEWHERE[name]
    if holders := _holders(name):
        return f"use options=fairlead.{' or '.join(f'{kind}({name}=...)' for kind in holders)}"
    if close := get_close_matches(name, known, 1):
        return f"did you mean {close[0]!r}?"
    return "a field of the provider's own goes into extra_body="


def _holders(name: str) -> list[str]:
    """The options of single protocols that have a field of that name."""
    import fairlead

    kinds = [getattr(fairlead, name) for name in fairlead.__all__ if name.endswith("Options")]
    return [
        kind.__name__
        for kind in kinds
        if issubclass(kind, Options) and name in kind.__struct_fields__
    ]
