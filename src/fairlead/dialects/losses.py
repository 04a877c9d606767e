"""What a request loses on its way into a dialect, and who is told. All dialects use it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from fairlead.errors import UnsupportedFeature
from fairlead.types.messages import Audio, File, Image
from fairlead.types.requests import ChatRequest, UnsupportedPolicy
from fairlead.types.targets import Target

_S = TypeVar("_S", bound=Struct)
LEFT_OUT = "; it was left out"
"""How every warning ends that tells of a loss."""

_ASKS_BY_FALSE = frozenset({"parallel_tool_calls"})
"""Options that are on where nothing is said, so that false asks for something."""


class Losses:
    """Collects what is left out; with the policy `error` an unsupported thing raises instead."""

    __slots__ = ("_policy", "dropped", "target", "warnings")

    def __init__(self, policy: UnsupportedPolicy, target: Target) -> None:
        self._policy = policy
        self.target = target
        self.warnings: list[str] = []
        self.dropped: list[str] = []

    def unsupported(self, feature: str, hint: str = "leave it out") -> None:
        """The target lacks `feature`. Raises `UnsupportedFeature` unless the caller allows it."""
        if self._policy == "error":
            raise UnsupportedFeature(feature, self.target.label, hint)
        if self._policy == "warn":
            self.warnings.append(f"{self.target.label} does not support {feature}{LEFT_OUT}")
        self.dropped.append(feature)

    def lacks(self, name: str, hint: str = "leave it out") -> bool:
        """Whether the target's quirks name `name` as unsupported; tells of it where they do."""
        if name not in self.target.quirks.unsupported:
            return False
        self.unsupported(name, hint)
        return True

    def supported(self, request: ChatRequest, lacking: Iterable[str] = ()) -> ChatRequest:
        """The request without the options that its protocol (`lacking`) or the target lacks."""
        names = dict.fromkeys((*lacking, *self.target.quirks.unsupported))
        request = self.without(request, names)
        options = request.options
        if options is not None and (kept := self.without(options, names)) is not options:
            request = replace(request, options=kept)
        return request

    def without(self, asked: _S, names: Iterable[str]) -> _S:
        """`asked` with those of the fields unset; what asks for nothing may stay."""
        removed: dict[str, object] = {}
        for name in names:
            value = getattr(asked, name, None)
            asks = value is not False or name in _ASKS_BY_FALSE
            if asks and value is not None and value != ():
                self.unsupported(name)
                removed[name] = () if isinstance(value, tuple) else None
        return replace(asked, **removed) if removed else asked

    def leave_out(self, what: str) -> None:
        """Something that means nothing to this target, such as another provider's reasoning."""
        self.dropped.append(what)

    def cannot_answer(self, part: Image | Audio | File, what: str, hint: str) -> None:
        """`part` cannot stand in an answer. Only what the caller put there can be an error:

        another dialect's model may well have said it.
        """
        if part.provider_state is None:
            self.unsupported(what, hint)
        else:
            self.leave_out(what)
