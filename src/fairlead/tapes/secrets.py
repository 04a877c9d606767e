"""The secrets that a recording has seen: found where they stand, hidden, and looked for once more.

Nothing is written that still holds one in any spelling: `check` is the last word.
"""

from __future__ import annotations

import os
import re
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from threading import Lock
from urllib.parse import quote, unquote

from fairlead.errors import ConfigError

SHORTEST = 8
"""Characters of a secret that is hidden wherever it stands; less would hide half of a text."""

_LIKELY = 16
"""Characters of a variable's value from which it is taken for a key, and not for a word."""
_OTHER = re.compile(r"\s|^[/~.]|://")
_HEAD = 16
_LONG = 20
_VARIABLE = re.compile(r"(?i)(?:^|_)(?:key|token|secret|password|credentials?|auth)(?:$|_)")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{24,}={0,2}")
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
_AWS = re.compile(r"(?:Credential|Signature)=([^/,\s]+)")
_SCHEME = re.compile(r"[A-Za-z][\w-]* ")


class Secrets:
    """Values that may stand on no tape. Safe to share between threads; shows none of them."""

    def __init__(self, given: Iterable[str] = ()) -> None:
        self._lock = Lock()
        self._values: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        for value in given:
            self.learn(value)

    def __repr__(self) -> str:
        return f"Secrets({len(self._values)})"

    def learn(self, value: str) -> None:
        """Hide `value` from now on, unless it is too short to be told from other words."""
        value = value.strip()
        if len(value) < SHORTEST or set(value) == {"*"}:
            return
        with self._lock:
            if value not in self._values:
                self._values.add(value)
                self._pattern = None

    def learn_header(self, value: str) -> None:
        """The secrets in the value of a header that carries one: a token, cookies, a signature."""
        if value.startswith("AWS4"):
            for part in _AWS.findall(value):
                self.learn(part)
            return
        bare = _SCHEME.sub("", value, count=1)
        for part in (value, bare, *_pairs(bare)):
            self.learn(part)
        if value[:6].lower() == "basic ":
            self.learn(_decoded(bare).partition(":")[2])

    def hidden(self, text: str) -> str:
        """`text` with every known secret, and every long beginning of one, in stars of its size."""
        pattern = self._known()
        return text if pattern is None else pattern.sub(lambda found: "*" * len(found[0]), text)

    def check(self, record: str, place: str) -> None:
        """Raise `ConfigError` where `record` holds a secret in any spelling that is known here."""
        found = self._stands_in(record)
        del record  # a traceback that shows local variables must show no key
        if found:
            raise ConfigError(
                f"an exchange with {place} holds a credential where it cannot be hidden, so it "
                "was not written to the tape; see which part of the answer repeats it"
            )

    def _stands_in(self, record: str) -> bool:
        pattern = self._known()
        if pattern is None:
            return False
        return any(pattern.search(spelling) is not None for spelling in _spellings(record))

    def _known(self) -> re.Pattern[str] | None:
        with self._lock:
            if self._pattern is None and self._values:
                forms = sorted({f for v in self._values for f in _forms(v)}, key=len, reverse=True)
                self._pattern = re.compile("|".join(forms))
            return self._pattern


def environment_secrets(environ: Mapping[str, str] = os.environ) -> list[str]:
    """Values of the variables whose names say that they hold a key, a token or a password."""
    return [
        value
        for name, value in environ.items()
        if _VARIABLE.search(name) and len(value) >= _LIKELY and not _OTHER.search(value)
    ]


def _forms(value: str) -> Iterable[str]:
    """Regular expressions for the ways in which a server repeats a value."""
    for spelling in (value, value.replace("/", "\\/"), quote(value, safe="")):
        yield re.escape(spelling)
    for plain in (value, f"Bearer {value}"):
        yield re.escape(b64encode(plain.encode()).decode().rstrip("="))
    if len(value) >= _LONG:
        yield re.escape(value[:_HEAD]) + r"(?:[\w+/=-]|\.(?=\w))*"


def _spellings(record: str) -> Iterable[str]:
    """`record` as it stands, as readers of JSON, URLs and base64 would see it, and backwards."""
    yield record
    yield _ESCAPE.sub(lambda found: chr(int(found[1], 16)), record)
    yield unquote(record)
    yield record[::-1]
    yield "\n".join(_decoded(found) for found in _BASE64.findall(record))


def _decoded(text: str) -> str:
    plain = text.strip().rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return b64decode(plain + "=" * (-len(plain) % 4)).decode("utf-8", "replace")
    except ValueError:
        return ""


def _pairs(text: str) -> Iterable[str]:
    """The values of `a=b; c=d`."""
    return (part.partition("=")[2] for part in text.split(";") if "=" in part)
