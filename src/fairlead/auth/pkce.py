"""Proof Key for Code Exchange (RFC 7636), S256 only, and the random `state` beside it."""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64encode
from hashlib import sha256
from hmac import compare_digest

from fairlead.auth.secret import Secret

_VERIFIER_BYTES = 64
_STATE_BYTES = 32


def new_verifier() -> Secret:
    """A fresh code verifier of 86 characters."""
    return Secret(secrets.token_urlsafe(_VERIFIER_BYTES), what="the code verifier")


def new_state() -> str:
    """A fresh value that binds an answer to the question, 43 characters that need no escapes."""
    return secrets.token_urlsafe(_STATE_BYTES)


def challenge_of(verifier: Secret) -> str:
    """What is shown beforehand of a verifier that is shown afterwards."""
    digest = sha256(verifier.reveal().encode()).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def same_state(given: str, expected: str) -> bool:
    """Compared in constant time."""
    return compare_digest(given.encode(), expected.encode())
