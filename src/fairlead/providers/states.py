"""Whether a provider can be used, in a few words for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fairlead.providers.credentials import advice_for

if TYPE_CHECKING:
    from fairlead.providers.provider import Provider


def state_of(provider: Provider) -> str:
    """`ready (NAME)`, `missing (set NAME)`, `unusable (NAME)`, `no key needed`, `local`, `retired`.

    A key that no header can carry, or an unknown region, makes a provider unusable.
    """
    if provider.retired:
        return "retired"
    if provider.embedded:
        return "local"
    wanted = missing_key(provider)
    if (gap := provider.endpoint.gap) is not None and gap.missing:
        wanted.append(f"set {gap.remedy}")
    if (broken := _broken(provider)) is not None:
        return f"unusable ({broken})"
    if wanted:
        return f"missing ({'; '.join(wanted)})"
    name = None if provider.credential is None else provider.credential.key_name
    return "no key needed" if name is None else f"ready ({name})"


def _broken(provider: Provider) -> str | None:
    """The variable that holds what cannot be used."""
    gap, credential = provider.endpoint.gap, provider.credential
    if gap is not None and not gap.missing:
        return gap.remedy
    return None if credential is None else credential.broken_source


def missing_key(provider: Provider) -> list[str]:
    """What to do for a key, where one is missing."""
    credential = provider.credential
    if credential is None or not credential.required or credential.key_name is not None:
        return []
    own = provider.own
    if credential.source_names and not (own is not None and own.has_key):
        return [advice_for(provider.table)]
    names = credential.source_names or (f"key in [providers.{provider.name}]",)
    return [f"set {' or '.join(names)}"]
