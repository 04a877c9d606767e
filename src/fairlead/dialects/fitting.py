"""Schemas as a target takes them where it holds the model to them, and who is told of changes."""

from __future__ import annotations

from collections.abc import Mapping

from fairlead.dialects.losses import Losses
from fairlead.schemas.adapt import adapt
from fairlead.schemas.subsets import SUBSETS, SubsetName

Schema = Mapping[str, object]


def strict_schema(schema: Schema, what: str, losses: Losses) -> Schema:
    """`schema` within what the target's quirks say it takes; `what` names it in messages.

    Raises `UnsupportedFeature` for what cannot be said there, unless the caller allows it.
    """
    subset = losses.target.quirks.strict_schemas
    return schema if subset == "any" else fitted(schema, subset, what, losses)


def fitted(schema: Schema, subset: SubsetName, what: str, losses: Losses) -> Schema:
    """`schema` within `subset`; what changed goes into the warnings."""
    adapted = adapt(schema, subset)
    for change in adapted.changes:
        if change.lost:
            place = f" at {change.path}" if change.path else ""
            losses.unsupported(f"the schema of {what}{place}", change.what)
    if told := "; ".join(str(change) for change in adapted.changes if not change.lost):
        losses.warnings.append(
            f"the schema of {what} was adapted to {SUBSETS[subset].title}: {told}"
        )
    return adapted.schema
