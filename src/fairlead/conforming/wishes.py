"""The questions that checks ask: small ones, and alike wherever nothing else is wished for."""

from __future__ import annotations

from typing import TypedDict

from fairlead.types.messages import Message
from fairlead.types.requests import ChatRequest, Options
from fairlead.types.tools import OutputSchema, Tool, ToolChoice

PROMPT = "Name the four seasons, one after the other."
LONG_PROMPT = "Write a long story about the sea, of at least two thousand words."
TOKENS = 32
LONG = 400

WEATHER = Tool(
    "get_weather",
    "The weather in a city",
    {
        "type": "object",
        "properties": {"city": {"type": "string", "description": "The name of the city"}},
        "required": ["city"],
        "additionalProperties": False,
    },
)
CLOCK = Tool(
    "get_time",
    "The time in a city",
    {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
)
PERSON = OutputSchema(
    {
        "type": "object",
        "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
        "required": ["name", "age"],
        "additionalProperties": False,
    },
    name="person",
    strict=True,
)


class Wishes(TypedDict, total=False):
    """What a check wants to be different from the plainest question; None: not sent at all."""

    prompt: str
    messages: tuple[Message, ...]
    max_tokens: int
    temperature: float | None
    stop: tuple[str, ...]
    seed: int
    tools: tuple[Tool, ...]
    tool_choice: ToolChoice
    output: OutputSchema
    options: Options


def request_of(model: str, wishes: Wishes) -> ChatRequest:
    """The request in neutral words."""
    messages = wishes.get("messages") or (Message.user(wishes.get("prompt", PROMPT)),)
    return ChatRequest(
        model,
        messages,
        max_tokens=wishes.get("max_tokens", TOKENS),
        temperature=wishes.get("temperature", 0.0),
        stop=wishes.get("stop", ()),
        seed=wishes.get("seed"),
        tools=wishes.get("tools", ()),
        tool_choice=wishes.get("tool_choice"),
        output=wishes.get("output"),
        options=wishes.get("options"),
    )
