"""Values that still grow: what they may become, so that no hope is given up too early."""

from __future__ import annotations

from collections.abc import Sequence

from fairlead.schemas.assertions import frozen

Path = tuple[str | int, ...]


def settled(text: str) -> str:
    """A growing text without the end that may yet change: half of a character, or a stand-in."""
    return (
        text[:-1] if text and ("\ud800" <= text[-1] <= "\udfff" or text[-1] == "\ufffd") else text
    )


def may_become(value: object, wanted: object, growing: Path | None) -> bool:
    """Whether `value`, which grows at `growing`, can end as `wanted`."""
    if growing is None:
        return frozen(value) == frozen(wanted)
    if isinstance(value, str):
        return isinstance(wanted, str) and wanted.startswith(settled(value))
    if isinstance(value, bool) or value is None:
        return frozen(value) == frozen(wanted)
    if isinstance(value, int | float):
        return isinstance(wanted, int | float) and not isinstance(wanted, bool)
    if isinstance(value, list | tuple):
        return isinstance(wanted, list | tuple) and _items_may(value, wanted, growing)
    if isinstance(value, dict):
        return isinstance(wanted, dict) and all(
            key in wanted and may_become(item, wanted[key], inside(growing, key))
            for key, item in value.items()
        )
    return False


def inside(growing: Path | None, step: str | int) -> Path | None:
    """Where the part at `step` grows, if it does."""
    return growing[1:] if growing and growing[0] == step else None


def _items_may(value: Sequence[object], wanted: Sequence[object], growing: Path) -> bool:
    if len(value) > len(wanted):
        return False
    return all(
        may_become(item, wanted[place], inside(growing, place)) for place, item in enumerate(value)
    )
