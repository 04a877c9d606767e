"""A Google credential that says which project is charged, where its file names one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from fairlead.auth.api_key import BEARER, HeaderForm
from fairlead.auth.renewed_key import RenewedCredential
from fairlead.types.http import HttpRequest

if TYPE_CHECKING:
    from fairlead.auth.google import CredentialsFile
    from fairlead.auth.origin import Origin
    from fairlead.auth.sources import Environment, KeySource

HEADER = "x-goog-user-project"
VARIABLE = "GOOGLE_CLOUD_QUOTA_PROJECT"


class ChargedCredential(RenewedCredential):
    """`files` are those of its sources whose tokens can come with a project to charge."""

    __slots__ = ("_environment", "_files")

    def __init__(
        self,
        origin: Origin,
        sources: tuple[tuple[KeySource, HeaderForm], ...],
        *,
        environment: Environment,
        files: tuple[CredentialsFile, ...],
        form: HeaderForm = BEARER,
        missing: str,
        further: frozenset[Origin] = frozenset(),
    ) -> None:
        super().__init__(origin, sources, form=form, missing=missing, further=further)
        self._environment = environment
        self._files = files

    def authorize(self, request: HttpRequest, wall: float = 0.0) -> HttpRequest:
        """`request` with the token, and with the project where the token's file has one."""
        sent = super().authorize(request, wall)
        found = self._current()
        file = next((f for f in self._files if found is not None and f.name == found[0]), None)
        if file is None or any(name.lower() == HEADER for name, _ in sent.headers):
            return sent
        project = self._environment.get(VARIABLE) or file.quota_project
        if not project:
            return sent
        headers = (*sent.headers, (HEADER, project))
        return replace(sent, headers=headers)
