"""Recorded provider traffic: where it lies, and one record of it as a value.

The fields are described in the corpus's own INDEX.md. `FAIRLEAD_CORPUS` names another place.
"""

from __future__ import annotations

import base64
import gzip
import os
from functools import cache
from pathlib import Path

import msgspec

CORPUS = Path(
    os.environ.get("FAIRLEAD_CORPUS") or Path(__file__).resolve().parents[3] / "shared" / "corpus"
)


class Record(msgspec.Struct, frozen=True):
    """One HTTP exchange. `capped` bodies were cut by the recorder, streams at an event."""

    id: str
    provider: str
    status: int
    streaming: bool
    fidelity: str
    url: str | None
    source_repo: str | None
    response_headers: dict[str, object] | None = None
    request_body: object = None
    response_body_b64: str | None = None
    content_type: str | None = None
    features: list[str] = []
    capped: bool = msgspec.field(default=False, name="response_capped")

    @property
    def body(self) -> bytes:
        return base64.b64decode(self.response_body_b64 or "")

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """The response headers; a repeated header gives several pairs."""
        pairs: list[tuple[str, str]] = []
        for name, value in (self.response_headers or {}).items():
            values = value if isinstance(value, list) else [value]
            pairs += [(name, str(item)) for item in values]
        return tuple(pairs)

    @property
    def asked(self) -> dict[str, object]:
        """The request's JSON object; empty where it was not recorded."""
        body = self.request_body
        if isinstance(body, str):
            try:
                body = msgspec.json.decode(body)
            except msgspec.DecodeError:
                return {}
        return body if isinstance(body, dict) else {}


def path(dialect: str) -> Path:
    return CORPUS / f"{dialect}.jsonl.gz"


@cache
def records(dialect: str) -> tuple[Record, ...]:
    """All recorded exchanges of one dialect, in the order of the file."""
    decoder = msgspec.json.Decoder(Record)
    with gzip.open(path(dialect)) as lines:
        return tuple(decoder.decode(line) for line in lines)
