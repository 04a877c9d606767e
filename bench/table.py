"""The result of a benchmark, and tables of them as text."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Literal

from msgspec import Struct

_HEADINGS = ("benchmark", "unit", "floor", "fairlead", "figure", "limit", "")
_RIGHT = (2, 3, 4, 5)


class Row(Struct, frozen=True):
    """One line. `limit` bounds the ratio to the floor, what is above it, or the amount itself.

    Without a limit it is there to be known.
    """

    name: str
    unit: str
    floor: float | None
    fairlead: float
    bounds: Literal["ratio", "excess", "amount"]
    limit: float | None

    @property
    def figure(self) -> float:
        """What the limit is about. Raises ValueError where it needs a floor and has none."""
        if self.bounds == "amount":
            return self.fairlead
        if self.floor is None:
            raise ValueError(f"{self.name} has no floor")
        return self.fairlead / self.floor if self.bounds == "ratio" else self.fairlead - self.floor

    def cells(self) -> tuple[str, ...]:
        return (
            self.name,
            self.unit,
            "-" if self.floor is None else f"{self.floor:.2f}",
            f"{self.fairlead:.2f}",
            self._shown(self.figure),
            "-" if self.limit is None else self._shown(self.limit),
            "" if self.limit is None else "ok" if self.figure <= self.limit else "over",
        )

    def _shown(self, value: float) -> str:
        return {
            "ratio": f"{value:.2f}x",
            "excess": f"{value:+.1f}",
            "amount": f"{value:.1f}",
        }[self.bounds]


class Table(Struct, frozen=True):
    """Figures that have a table of their own; the first heading names it."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def lines(self) -> list[str]:
        return _aligned([self.headings, *self.rows], range(1, len(self.headings)))


def lines(rows: list[Row]) -> list[str]:
    """The table as text, columns under their headings."""
    return _aligned([_HEADINGS, *(row.cells() for row in rows)], _RIGHT)


def _aligned(cells: Sequence[tuple[str, ...]], right: Container[int]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in cells
    ]
