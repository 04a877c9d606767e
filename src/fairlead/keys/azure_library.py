"""Asks azure-identity, where it is installed, for what else there is: logins of `az` and others."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from fairlead.auth.leased import Lease
from fairlead.auth.secret import Secret


def azure_library(scope: str) -> Callable[[], Lease[Secret] | None]:
    """A function that gives a token for `scope`; it blocks, and gives None without a login."""
    chain = cache(_chain)

    def fetch() -> Lease[Secret] | None:
        credential = chain()
        if credential is None:
            return None
        try:
            found = credential.get_token(scope)
        except Exception:  # azure raises many kinds; each means that there is no login
            return None
        return Lease(Secret(found.token, what="the token"), float(found.expires_on))

    return fetch


def _chain() -> Any:
    """Every way of azure-identity that needs nobody's answer and is not asked before."""
    try:
        from azure.identity import DefaultAzureCredential
    except ImportError:
        return None
    return DefaultAzureCredential(exclude_managed_identity_credential=True)
