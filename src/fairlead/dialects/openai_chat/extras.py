"""What an answer carries beside text: citations, logprobs, images, sound, tools that ran there."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping

import msgspec
from msgspec.structs import replace

from fairlead.dialects.openai_chat.wire import AudioDelta
from fairlead.types.messages import Audio, Citation, Image, ProviderState
from fairlead.types.responses import TokenLogprob

DIALECT = "openai_chat"
_MAGIC = {
    b"RIFF": "audio/wav",
    b"OggS": "audio/ogg",
    b"fLaC": "audio/flac",
    b"ID3": "audio/mpeg",
    b"\xff\xfb": "audio/mpeg",
    b"\xff\xf3": "audio/mpeg",
    b"\xff\xf1": "audio/aac",
}


def state(value: object) -> ProviderState:
    """`value` as this dialect's own JSON text."""
    return ProviderState(DIALECT, msgspec.json.encode(value).decode())


def citation(annotation: Mapping[str, object]) -> Citation:
    """An annotation of the text; of a kind we do not know only its JSON is kept."""
    inner = annotation.get(str(annotation.get("type")))
    fields = inner if isinstance(inner, dict) else annotation
    return Citation(
        url=_word(fields.get("url")),
        title=_word(fields.get("title")),
        cited_text=_word(fields.get("content")),
        source=_word(fields.get("filename")) or _word(fields.get("file_id")),
        start=_place(fields.get("start_index")),
        end=_place(fields.get("end_index")),
        provider_state=state(annotation),
    )


def sources(
    citations: Iterable[object], results: Iterable[object], known: set[str | None]
) -> Iterator[Citation]:
    """Citations of the whole answer: URLs in their order, then search results not among them."""
    found = {r["url"]: r for r in results if isinstance(r, dict) and isinstance(r.get("url"), str)}
    urls = [url for url in citations if isinstance(url, str)]
    for url in dict.fromkeys([*urls, *found]):
        if url not in known:
            result = found.get(url, {})
            yield Citation(
                url=url, title=_word(result.get("title")), cited_text=_word(result.get("snippet"))
            )


def tokens(value: object) -> tuple[TokenLogprob, ...]:
    """The log probabilities of text and refusal; whatever is not of that shape gives none."""
    if not isinstance(value, dict):
        return ()
    if "tokens" in value:
        return _in_columns(value)
    items = [*_list(value.get("content")), *_list(value.get("refusal"))]
    return tuple(token for item in items if (token := _token(item)) is not None)


def _in_columns(value: Mapping[str, object]) -> tuple[TokenLogprob, ...]:
    """The log probabilities of a bare prompt's completion: a list for each property."""
    tops = _list(value.get("top_logprobs"))
    found: list[TokenLogprob] = []
    for place, (word, logprob) in enumerate(
        zip(_list(value.get("tokens")), _list(value.get("token_logprobs")), strict=False)
    ):
        others = tops[place] if place < len(tops) else None
        pairs = others.items() if isinstance(others, dict) else ()
        top = [_token({"token": w, "logprob": p}) for w, p in pairs]
        token = _token({"token": word, "logprob": logprob})
        if token is not None:
            found.append(replace(token, top=tuple(t for t in top if t is not None)))
    return tuple(found)


def _token(item: object) -> TokenLogprob | None:
    if not isinstance(item, dict):
        return None
    word, logprob, raw = item.get("token"), item.get("logprob"), item.get("bytes")
    if not isinstance(word, str) or not isinstance(logprob, int | float):
        return None
    octets = None
    if isinstance(raw, list) and all(isinstance(octet, int) for octet in raw):
        octets = tuple(raw)
    top = [_token(other) for other in _list(item.get("top_logprobs"))]
    return TokenLogprob(word, float(logprob), octets, tuple(t for t in top if t is not None))


def image(item: Mapping[str, object]) -> Image | None:
    """A picture in the answer; None where the item holds no URL."""
    inner = item.get("image_url")
    url = inner.get("url") if isinstance(inner, dict) else inner
    if not isinstance(url, str):
        return None
    kept = state(item)
    media_type, data = data_url(url)
    if data is None:
        return Image(url=url, provider_state=kept)
    return Image(data=data, media_type=media_type, provider_state=kept)


def data_url(url: str) -> tuple[str, bytes | None]:
    """Media type and bytes of a base64 `data:` URL; None for bytes of anything else."""
    head, comma, payload = url.partition(",")
    if not (comma and head.startswith("data:") and head.endswith(";base64")):
        return "", None
    return head[5:-7].partition(";")[0], _bytes(payload)


class Speech:
    """Sound that arrives in pieces, each base64 of its own."""

    __slots__ = ("_data", "_id", "_transcript")

    def __init__(self) -> None:
        self._id = ""
        self._data: list[bytes] = []
        self._transcript = ""

    def add(self, delta: AudioDelta) -> None:
        self._id = self._id or delta.id or ""
        self._transcript += delta.transcript or ""
        if delta.data:
            self._data.append(_bytes(delta.data) or b"")

    def part(self) -> Audio:
        """What has come; sound without a header is 16-bit PCM, which streams are made of."""
        data = b"".join(self._data)
        media_type = next((t for magic, t in _MAGIC.items() if data.startswith(magic)), "audio/pcm")
        kept = state({"id": self._id}) if self._id else None
        return Audio(data, media_type, self._transcript or None, kept)


def _bytes(text: str) -> bytes | None:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _word(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _place(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
