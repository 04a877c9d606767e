"""Requests as a tape holds them: with their bodies at hand, or the hashes of long ones."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fairlead.tapes.exchange import Digest, Pairs, TapedRequest

if TYPE_CHECKING:
    from fairlead.types.http import Body, BodyReader, HttpRequest

_MOST_BODY = 1 << 20
"""Bytes of a body that are kept; of a longer one, such as an upload, the hash is."""
_PIECE = 64 << 10
_BOUNDARY = re.compile(r'(?i)^multipart/.*;\s*boundary="?([^";]+)')
_ANY_BOUNDARY = b"boundary"


def taped(request: HttpRequest) -> TapedRequest:
    """`request` as data. Raises `OSError` where its body cannot be read."""
    body = request.body
    kept: bytes | Digest | None
    if body is None:
        kept = None
    elif isinstance(body, bytes):
        kept = body
        if len(body) > _MOST_BODY:
            plain = without_boundary(body, request.headers)
            kept = Digest(sha256(plain).hexdigest(), len(body))
    else:
        kept = _read(body, boundary_of(request.headers))
    return TapedRequest(request.method, request.url, request.headers, kept)


def boundary_of(headers: Pairs) -> bytes:
    """The line between the parts of a form, which is another in every process; empty for none."""
    for name, value in headers:
        if name.lower() == "content-type" and (found := _BOUNDARY.match(value)):
            return found[1].encode()
    return b""


def without_boundary(body: bytes, headers: Pairs) -> bytes:
    """`body` with the same boundary as all others."""
    boundary = boundary_of(headers)
    return body.replace(boundary, _ANY_BOUNDARY) if boundary else body


def place_of(url: str) -> str:
    """Host and port, for messages: nothing else of a URL may be shown."""
    return urlsplit(url).netloc.rpartition("@")[2] or "the host"


def _read(body: Body, boundary: bytes) -> bytes | Digest:
    reader = body.open()
    try:
        if body.size > _MOST_BODY:
            return _digest(reader, boundary)
        parts: list[bytes] = []
        while part := reader.read(_PIECE):
            parts.append(part)
        return b"".join(parts)
    finally:
        reader.close()


def _digest(reader: BodyReader, boundary: bytes) -> Digest:
    """The hash of what is never held whole. A boundary may lie across two pieces."""
    digest, size, rest = sha256(), 0, b""
    overlap = max(0, len(boundary) - 1)
    while piece := reader.read(_PIECE):
        size += len(piece)
        data = rest + piece
        if boundary:
            data = data.replace(boundary, _ANY_BOUNDARY)
        cut = max(0, len(data) - overlap)
        digest.update(data[:cut])
        rest = data[cut:]
    digest.update(rest)
    return Digest(digest.hexdigest(), size)
