"""Whether a provider can be used, in a few words for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fairlead.providers.provider import Provider


def state_of(provider: Provider) -> str:
    """`ready (NAME)`, `missing (set NAME)`, `unusable (NAME)`, `no key needed`, `local`, `retired`.

    A key that no header can carry makes a provider unusable.
    """
    if provider.retired:
        return "retired"
    if provider.embedded:
        return "local"
    credential = provider.credential
    if credential is None:
        return "no key needed"
    if (name := credential.broken_source) is not None:
        return f"unusable ({name})"
    if (name := credential.key_name) is not None:
        return f"ready ({name})"
    if not credential.required:
        return "no key needed"
    names = credential.source_names or (f"key in [providers.{provider.name}]",)
    return f"missing (set {' or '.join(names)})"
