"""Usage, as every chunk tells it anew: cumulative figures, the last one given of each wins.

Cached tokens are part of the prompt's, thoughts stand beside the candidates', and what the
provider's own tools read stands beside the prompt.
"""

from __future__ import annotations

import msgspec
from msgspec import Raw

from fairlead.dialects import rawjson
from fairlead.dialects.figures import counted
from fairlead.types.usage import Usage

_DIGITS = b"0123456789"
_AUDIO = ("AUDIO", 4)
_IMAGE = ("IMAGE", 2)


class UsageTally:
    """Merges usage objects field by field; null and absent fields leave what was there.

    They are put into `pending` as they come. One that has the very shape of the last replaces it,
    which is what nearly all do, so that only the last of them needs to be read.
    """

    __slots__ = ("_fields", "_latest", "_raw", "_shape", "pending")

    def __init__(self) -> None:
        self.pending: list[Raw] = []
        self._fields: dict[str, object] = {}
        self._raw = ""
        self._latest = b""
        self._shape = b""

    def look(self) -> None:
        """Go through what is pending, so that no more than the last of them is held."""
        shape = self._shape
        for raw in self.pending:
            latest = bytes(raw)
            told = latest.translate(None, _DIGITS)
            if told != shape:
                if not told or told == b"null":
                    continue
                self._merge()
                shape = told
            self._latest = latest
        self._shape = shape
        self.pending.clear()

    def usage(self) -> Usage | None:
        """Disjoint buckets; None where nothing was told."""
        self.look()
        self._merge()
        fields = self._fields
        if not fields:
            return None
        cached = counted(fields, "cachedContentTokenCount")
        read = counted(fields, "promptTokenCount") + counted(fields, "toolUsePromptTokenCount")
        heard = _audio(fields, "promptTokensDetails") + _audio(fields, "toolUsePromptTokensDetails")
        heard = max(0, heard - _audio(fields, "cacheTokensDetails"))
        written = counted(fields, "candidatesTokenCount")
        said = min(written, _audio(fields, "candidatesTokensDetails"))
        drawn = min(written - said, _of(_IMAGE, fields, "candidatesTokensDetails"))
        fresh = max(0, read - cached)
        heard = min(heard, fresh)
        return Usage(
            input=fresh - heard,
            cache_read=cached,
            audio_input=heard,
            output=written - said - drawn,
            reasoning=counted(fields, "thoughtsTokenCount"),
            audio_output=said,
            image_output=drawn,
            raw=self._raw,
        )

    def _merge(self) -> None:
        latest, self._latest = self._latest, b""
        if not latest:
            return
        fields = rawjson.plain_fields(latest)
        new = {name: value for name, value in fields.items() if value is not None}
        if not new:
            return
        if self._fields.keys() <= new.keys():
            self._fields, self._raw = new, latest.decode("utf-8", "replace")
        else:
            self._fields = self._fields | new
            self._raw = msgspec.json.encode(self._fields).decode("utf-8", "replace")


def _audio(fields: dict[str, object], name: str) -> int:
    return _of(_AUDIO, fields, name)


def _of(kind: tuple[str, int], fields: dict[str, object], name: str) -> int:
    """The tokens of sound or pictures among the details, which list them by modality."""
    details = fields.get(name)
    if not isinstance(details, list):
        return 0
    return sum(
        counted(item, "tokenCount")
        for item in details
        if isinstance(item, dict) and item.get("modality") in kind
    )
