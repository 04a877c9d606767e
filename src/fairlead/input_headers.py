"""Headers that callers may add to a request: none that frames it, or carries a credential."""

from __future__ import annotations

from collections.abc import Mapping

from fairlead.errors import InvalidRequest

_FRAMING_HEADERS = frozenset(
    {
        "host",
        "content-length",
        "transfer-encoding",
        "connection",
        "keep-alive",
        "te",
        "trailer",
        "upgrade",
        "expect",
        "proxy-authorization",
        "proxy-connection",
    }
)
_CREDENTIAL_HEADERS = frozenset(
    {"authorization", "x-api-key", "api-key", "x-goog-api-key", "cookie"}
)


def checked_headers(
    extra: Mapping[str, str] | None, *, own_credential: bool = True
) -> tuple[tuple[str, str], ...]:
    """Extra headers: none that frames the request, nor carries a credential where we have one."""
    if not extra:
        return ()
    if not isinstance(extra, Mapping):
        raise InvalidRequest("extra_headers must map strings to strings")
    pairs = []
    for name, value in extra.items():
        if not isinstance(name, str) or not isinstance(value, str):
            raise InvalidRequest("extra_headers must map strings to strings")
        lower = name.lower()
        if lower in _FRAMING_HEADERS or (own_credential and lower in _CREDENTIAL_HEADERS):
            raise InvalidRequest(
                f"extra_headers may not set {name!r}: it frames the request or carries a credential"
            )
        if not name or any(ord(c) <= 32 or ord(c) >= 127 or c in ':"(),/;<=>?@[]{}' for c in name):
            raise InvalidRequest(f"{name!r} is no header name")
        if any((ord(c) < 32 and c != "\t") or ord(c) == 127 for c in value):
            raise InvalidRequest(
                f"the value of header {name!r} has a line break or a control character"
            )
        pairs.append((name, value))
    return tuple(pairs)
