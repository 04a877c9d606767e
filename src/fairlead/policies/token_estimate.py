"""How many tokens a request will cost, before the provider has counted them."""

from __future__ import annotations

_BYTES_PER_TOKEN = 4
"""Of English text. Other scripts take more bytes for a letter, and more tokens for a byte."""


def estimated_tokens(body_bytes: int) -> int:
    """Tokens of a request whose body has so many bytes; at least one.

    What the model writes is not in it: that is charged when the usage is known.
    """
    return (body_bytes + _BYTES_PER_TOKEN - 1) // _BYTES_PER_TOKEN or 1
