"""Asks google-auth for what it alone can do here: RSA signatures and federated identities."""

from __future__ import annotations

import json
from typing import Any

from fairlead.auth.google import SCOPE, GoogleLibrary
from fairlead.auth.leased import Lease
from fairlead.auth.secret import Secret
from fairlead.errors import ConfigError, MissingCredentials

_AWS_TOKEN = "urn:ietf:params:aws:token-type:aws4_request"
_LIFE = 3600
_HINT = 'run pip install "fairlead[google]"'


def google_library() -> GoogleLibrary:
    """The library behind functions that load it when they are called."""
    return GoogleLibrary(assertion=assertion, token=token)


def assertion(data: bytes, path: str, wall: float) -> Secret:
    """A claim for the service account in `data`, signed by its key, good for an hour.

    Raises `ConfigError` without google-auth, or for a file that it cannot read.
    """
    signed: bytes = b""
    try:
        from google.auth import crypt, jwt

        signers: Any = crypt.RSASigner  # google-auth is typed in part only
        encode: Any = jwt.encode
        account = json.loads(data)
        signer = signers.from_service_account_info(account)
        claims = {
            "iss": account["client_email"],
            "scope": SCOPE,
            "aud": account.get("token_uri") or "https://oauth2.googleapis.com/token",
            "iat": int(wall),
            "exp": int(wall) + _LIFE,
        }
        signed = encode(signer, claims)
    except ImportError:
        signed, problem = b"", _needs(path)
    except Exception:  # google-auth raises many kinds, and some quote what they read
        signed, problem = b"", f"{path} is not a complete service account file; make a new key"
    if not signed:
        raise ConfigError(problem)
    return Secret(signed.decode("ascii"), what=f"the claim of {path}")


def token(data: bytes, path: str) -> Lease[Secret]:
    """A token for a federated or impersonated account. Blocks.

    Raises `ConfigError` without google-auth, `MissingCredentials` where Google gives none.
    """
    found: Any = None
    problem = "unknown type"
    try:
        from fairlead.keys.google_transport import StandardRequest

        found = _credentials(json.loads(data))
        if found is not None:
            found.refresh(StandardRequest())
    except ImportError:
        raise ConfigError(_needs(path)) from None
    except Exception as error:  # google-auth raises many kinds, and some quote what they read
        found, problem = None, type(error).__name__
    if found is None or not found.token:
        raise MissingCredentials(f"Google gave no token for {path} ({problem}); check that file")
    return Lease(Secret(found.token, what="the token"), _expiry(found.expiry))


def _credentials(account: dict[str, Any]) -> Any:
    """The library's object for a kind of file; None for one that it does not know."""
    match account["type"]:
        case "external_account":
            return _federated(account)
        case "external_account_authorized_user":
            from google.auth import external_account_authorized_user as person

            kind: Any = person.Credentials
            return kind.from_info(account, scopes=[SCOPE])
        case "impersonated_service_account":
            from google.auth import impersonated_credentials as impersonated

            kind = impersonated.Credentials
            return kind.from_impersonated_service_account_info(account, scopes=[SCOPE])
    return None


def _federated(account: dict[str, Any]) -> Any:
    from google.auth import aws, identity_pool, pluggable

    kind: Any = identity_pool.Credentials
    if account.get("subject_token_type") == _AWS_TOKEN:
        kind = aws.Credentials
    elif "executable" in (account.get("credential_source") or {}):
        kind = pluggable.Credentials
    return kind.from_info(account, scopes=[SCOPE])


def _expiry(moment: Any) -> float:
    """Seconds since 1970 of google-auth's time, which is UTC without saying so."""
    from datetime import UTC

    return float(moment.replace(tzinfo=UTC).timestamp())


def _needs(path: str) -> str:
    return f"{path} needs Google's library for its signature or exchange; {_HINT}"
