"""What an agent shares beside its words: state and activities, followed as they change.

Both go back with the next request, so they stand in the answer as opaque parts.
"""

from __future__ import annotations

import msgspec
from msgspec import Raw

from fairlead.dialects import jsontext, rawjson
from fairlead.dialects.ag_ui.patch import PATCH, Patched, PatchError
from fairlead.dialects.ag_ui.wire import NAME
from fairlead.dialects.assembly import Assembly, Slot
from fairlead.errors import DecodeError
from fairlead.types.messages import Opaque, ProviderState

STATE = "state"
ACTIVITY = "activity"


class _Kept:
    """One thing that changes; `fields` stand around its value in what goes back."""

    __slots__ = ("fields", "kind", "patched", "slot")

    def __init__(self, kind: str, slot: Slot, value: object) -> None:
        self.kind = kind
        self.slot = slot
        self.patched = Patched(value)
        self.fields: dict[str, object] = {}

    def written(self) -> Opaque:
        value = self.patched.value
        shown = self.fields | {"content": value} if self.fields else value
        return Opaque(self.kind, ProviderState(NAME, rawjson.text(shown)))


class Shared:
    """The state and the activities of one run. Their parts are written when they are asked for."""

    __slots__ = ("_assembly", "_kept")

    def __init__(self, assembly: Assembly) -> None:
        self._assembly = assembly
        self._kept: dict[str, _Kept] = {}

    def state_is(self, raw: Raw) -> None:
        self._keep(STATE, STATE, raw)

    def state_changes(self, raw: Raw) -> None:
        """A patch; without a snapshot before it, of an empty state."""
        if STATE not in self._kept:
            self._keep(STATE, STATE, Raw(b"{}"))
        self._change(STATE, raw)

    def activity_is(self, message_id: str, kind: str, raw: Raw, *, replace: bool | None) -> None:
        key = f"{ACTIVITY} {message_id}"
        if replace is False and key in self._kept:
            return
        self._keep(key, ACTIVITY, raw)
        fields = {"id": message_id, "role": ACTIVITY, "activityType": kind}
        self._kept[key].fields = dict(fields)

    def activity_changes(self, message_id: str, raw: Raw) -> None:
        key = f"{ACTIVITY} {message_id}"
        if key in self._kept:
            self._change(key, raw)

    def write(self) -> None:
        """Bring the parts up to date."""
        for kept in self._kept.values():
            try:
                kept.slot.whole = kept.written()
            except (RecursionError, msgspec.MsgspecError):
                self._lose(kept, "it is nested too deep")

    def _keep(self, key: str, kind: str, raw: Raw) -> None:
        slot = self._assembly.slot(key, "whole")
        slot.whole = Opaque(kind, ProviderState(NAME, "null"))
        self._kept[key] = _Kept(kind, slot, jsontext.untyped(bytes(raw)) if bytes(raw) else None)

    def _change(self, key: str, raw: Raw) -> None:
        kept = self._kept[key]
        try:
            for operation in jsontext.decode(bytes(raw), PATCH):
                kept.patched.apply(operation)
        except PatchError as error:
            self._lose(kept, str(error))
        except (DecodeError, RecursionError, msgspec.MsgspecError):
            self._lose(kept, "the change is no patch")

    def _lose(self, kept: _Kept, reason: str) -> None:
        """Half a change is worse than none: nothing of it goes back."""
        kept.patched = Patched(None)
        kept.fields = {}
        self._assembly.warnings.append(
            f"the agent's {kept.kind} could not be followed and was left out: {reason}"
        )
