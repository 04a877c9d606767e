"""What providers take of JSON Schema where they hold a model to it, each with its source.

Beside them every provider takes any schema as advice.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

SubsetName = Literal["openai", "anthropic", "gemini"]


class Subset(Struct, frozen=True, kw_only=True):
    """One provider's rules. `keywords` is None where none is refused."""

    title: str
    keywords: frozenset[str] | None = None
    formats: frozenset[str] | None = None
    """The formats of texts; None where all are taken."""
    const: bool = True
    """Whether there is `const`; if not, an `enum` of one says the same."""
    closed: bool = False
    """Whether each object must forbid fields that it does not name."""
    all_required: bool = False
    """Whether each field must be there; one that may be absent becomes one that may be null."""
    typed: bool = False
    """Whether each part must say its type."""
    object_root: bool = False
    """Whether the whole must be an object."""
    most_min_items: int | None = None
    """The largest `minItems`."""
    recursive: bool = True
    plain_patterns: bool = False
    """Whether a `pattern` may not look ahead or behind."""


_BASE = frozenset(
    {"$defs", "definitions", "$ref", "type", "title", "description", "enum", "const"}
    | {"properties", "required", "additionalProperties", "items", "anyOf", "minItems", "default"}
    | {"pattern", "format"}
)
_BOUNDS = frozenset(
    {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "maxItems"}
)
_FORMATS = frozenset(
    {"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"}
)

SUBSETS: dict[SubsetName, Subset] = {
    # developers.openai.com/api/docs/guides/structured-outputs, "Supported schemas".
    "openai": Subset(
        title="OpenAI's strict mode",
        keywords=_BASE | _BOUNDS,
        formats=_FORMATS,
        closed=True,
        all_required=True,
        typed=True,
        object_root=True,
        plain_patterns=True,
    ),
    # platform.claude.com/docs/en/build-with-claude/structured-outputs, "JSON Schema limitations";
    # docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html has the same.
    "anthropic": Subset(
        title="Anthropic's structured output",
        keywords=_BASE | {"allOf"},
        formats=_FORMATS | {"uri"},
        closed=True,
        most_min_items=1,
        recursive=False,
        plain_patterns=True,
    ),
    # ai.google.dev/api/generate-content, "responseJsonSchema": all may be sent, some is ignored,
    # but nothing may stand beside a `$ref`.
    "gemini": Subset(title="Gemini", const=False),
}
