"""Ids of tool calls: made up where a provider sends none, and rewritten for one that is strict."""

from __future__ import annotations

import re
from zlib import crc32

from fairlead.dialects.call_ids import shortened
from fairlead.types.targets import Quirks

_FORTY = 40
_NINE = re.compile(r"[0-9A-Za-z]{9}")


def made_up(seed: str) -> str:
    """Nine letters and digits, the same for the same seed: what the strictest provider takes."""
    return f"c{crc32(seed.encode()):08x}"


def sent(call_id: str, quirks: Quirks) -> str:
    """`call_id` as the target takes it back; a call and its result are rewritten alike."""
    if quirks.call_ids == "any" or _NINE.fullmatch(call_id):
        return call_id
    if quirks.call_ids == "forty_characters":
        return shortened(call_id, _FORTY)
    return made_up(call_id)
