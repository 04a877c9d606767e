"""What a model may call, and what it must answer in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct


class Tool(Struct, frozen=True, omit_defaults=True):
    """A function that the model may call. `parameters` is a JSON Schema object."""

    name: str
    description: str | None = None
    parameters: Mapping[str, object] | None = None
    strict: bool | None = None


class ProviderTool(Struct, frozen=True, omit_defaults=True):
    """A tool that the provider runs itself, passed through as its own JSON object.

    `definition` is sent as it is, for example `{"type": "web_search"}`, to `dialect` only.
    """

    dialect: str
    definition: Mapping[str, object]


class NamedTool(Struct, frozen=True):
    """A tool choice that forces one tool."""

    name: str


ToolChoice = Literal["auto", "none", "required"] | NamedTool


class OutputSchema(Struct, frozen=True, omit_defaults=True):
    """A JSON Schema that the answer must follow."""

    schema: Mapping[str, object]
    name: str = "answer"
    description: str | None = None
    strict: bool | None = None
