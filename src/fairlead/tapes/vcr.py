"""Recordings of vcrpy as tapes: its cassettes in YAML, and those of its JSON serializer.

Source: vcr/serialize.py and vcr/serializers/compat.py of vcrpy 8. A body is text, bytes or
`{"string": ...}`, headers are lists by name; there are no times and no pieces.
"""

from __future__ import annotations

import os
import zlib
from base64 import b64decode
from collections.abc import Mapping
from typing import TYPE_CHECKING

from fairlead.errors import ConfigError
from fairlead.tapes.exchange import Answer, Chunk, Exchange, Pairs, TapedRequest
from fairlead.types.paths import path_of

if TYPE_CHECKING:
    from pathlib import Path

_ENCODED = "content-encoding"
_UNPACKED = frozenset({_ENCODED, "content-length", "transfer-encoding"})
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS
_MOST = 64 << 20
"""Bytes of a body, as of a whole answer of a provider."""


def import_cassette(cassette: str | os.PathLike[str], tape: str | os.PathLike[str]) -> int:
    """Write each exchange of the file `cassette` behind what is on `tape`, and say how many.

    Credentials are taken out as in a recording. Raises `ConfigError` for a file that cannot be read
    or is no cassette.
    """
    from fairlead.tapes.recording import Recording

    path = path_of(cassette)
    exchanges = [_exchange(found, path) for found in _interactions(path)]
    recording = Recording(tape)
    for exchange in exchanges:
        recording.keep(recording.next_number(), exchange)
    return len(exchanges)


def _interactions(path: Path) -> list[object]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise ConfigError(f"the cassette {path} cannot be read: {reason}") from None
    held = _loaded(text, path)
    found = held.get("interactions") if isinstance(held, dict) else None
    if not isinstance(found, list):
        raise ConfigError(f"{path} is no cassette of vcrpy: it has no list of interactions")
    return found


def _loaded(text: str, path: Path) -> object:
    if text.lstrip().startswith("{"):
        import json

        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            pass  # YAML may begin with a brace too
    try:
        import yaml
    except ImportError:
        raise ConfigError(
            "a cassette in YAML needs PyYAML: pip install pyyaml; one in JSON does not"
        ) from None
    try:
        held: object = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        raise ConfigError(f"{path} is neither YAML nor JSON; see that it is a cassette") from None
    return held


def _exchange(interaction: object, path: Path) -> Exchange:
    try:
        request, response = _mapping(interaction, "request"), _mapping(interaction, "response")
        headers = _headers(response.get("headers"))
        body = _unpacked(_bytes(response.get("body")) or b"", headers)
        status = response.get("status")
        code = status.get("code") if isinstance(status, Mapping) else status
        if not isinstance(code, int) or not 100 <= code <= 999:
            raise ValueError("a response has no status")
        sent = TapedRequest(
            _text(request, "method"),
            _text(request, "uri"),
            _headers(request.get("headers")),
            _bytes(request.get("body")),
        )
    except (ValueError, zlib.error) as error:
        raise ConfigError(f"{path} cannot be taken over: {error}") from None
    plain = tuple((n, v) for n, v in headers if n.lower() not in _UNPACKED)
    chunks = (Chunk(0.0, body),) if body else ()
    return Exchange(sent, Answer(code, 0.0, "", plain, chunks))


def _mapping(value: object, key: str) -> Mapping[str, object]:
    found = value.get(key) if isinstance(value, Mapping) else None
    if not isinstance(found, Mapping):
        raise ValueError(f"an interaction has no {key}")
    return found


def _text(value: Mapping[str, object], key: str) -> str:
    found = value.get(key)
    if not isinstance(found, str) or not found or " " in found:
        raise ValueError(f"a request has no {key}")
    return found


def _headers(value: object) -> Pairs:
    if value is None:
        return ()
    if not isinstance(value, Mapping):
        raise ValueError("headers are no mapping")
    return tuple(
        (str(name), str(item))
        for name, items in value.items()
        for item in (items if isinstance(items, list) else [items])
    )


def _bytes(value: object) -> bytes | None:
    if isinstance(value, Mapping):
        if isinstance(packed := value.get("base64_string"), str):
            return b64decode(packed)
        value = value.get("string")
    if value is None or isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    raise ValueError("a body is neither text nor bytes")


def _unpacked(body: bytes, headers: Pairs) -> bytes:
    """`body` as a client reads it. Some cassettes hold it unpacked, and say otherwise."""
    named = [value.strip().lower() for name, value in headers if name.lower() == _ENCODED]
    packing = named[-1] if named else "identity"
    if packing == "identity" or body[:1] in (b"{", b"[") or not body:
        return body
    if packing in ("gzip", "deflate"):
        window = -zlib.MAX_WBITS if packing == "deflate" and body[0] != 0x78 else _GZIP_OR_ZLIB
        unpacking = zlib.decompressobj(window)
        data = unpacking.decompress(body, _MOST)
        if not unpacking.eof:
            raise ValueError(f"a packed body is cut off, or is longer than {_MOST:,} bytes")
        return data
    raise ValueError(
        f"a body is packed as {packing!r}; record it with decode_compressed_response=True"
    )
