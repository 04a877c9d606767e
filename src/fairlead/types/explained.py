"""What a request becomes for a target, field by field, told without sending it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

Outcome = Literal["sent", "renamed", "converted", "defaulted", "emulated", "lost"]


class ExplainedField(Struct, frozen=True, omit_defaults=True):
    """What became of one field.

    `sent`: same name, same value. `renamed`: same value, at `path`. `converted`: said in other
    words. `defaulted`: the caller did not give it. `emulated`: asked for in the prompt. `lost`: the
    target has no place for it. `path` leads into the body, or to a header or the address; `sent` is
    what stands there. A field that takes no words of its own has no path.
    """

    field: str
    outcome: Outcome
    path: str | None = None
    sent: object = None
    note: str = ""


class Explanation(Struct, frozen=True, omit_defaults=True):
    """The request of one target: where it goes, what becomes of each field, and the body.

    `error` is what a call would raise before sending anything; `body` is None where the request
    cannot be written at all. `headers` show no credential. `others` are a route's further targets.
    """

    target: str
    dialect: str
    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    fields: tuple[ExplainedField, ...]
    warnings: tuple[str, ...] = ()
    error: str | None = None
    body: Mapping[str, object] | None = None
    others: tuple[Explanation, ...] = ()

    @property
    def lost(self) -> tuple[ExplainedField, ...]:
        """The fields that the target has no place for."""
        return tuple(field for field in self.fields if field.outcome == "lost")
