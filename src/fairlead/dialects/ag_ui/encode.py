"""Writes a run's input: one JSON body with a fixed order of keys.

What servers from before 1.0 require is always there, be it empty.
"""

from __future__ import annotations

from fairlead.dialects.ag_ui.messages import MessageWriter, digest
from fairlead.dialects.ag_ui.options import AgUiOptions
from fairlead.dialects.ag_ui.wire import NAME
from fairlead.dialects.body import Body, written
from fairlead.dialects.losses import Losses
from fairlead.errors import InvalidRequest
from fairlead.ports import Encoded
from fairlead.types.requests import ChatRequest, UnsupportedPolicy
from fairlead.types.targets import Target
from fairlead.types.tools import ProviderTool, Tool

_NO_OPTIONS = AgUiOptions()
_ABSENT = (
    "parallel_tool_calls",
    "output",
    "temperature",
    "top_p",
    "top_k",
    "max_tokens",
    "stop",
    "seed",
    "presence_penalty",
    "frequency_penalty",
    "logprobs",
    "top_logprobs",
    "reasoning_effort",
    "user",
)
"""An agent's own matter."""
_HEADERS = (("accept", "text/event-stream"),)


def encode(request: ChatRequest, target: Target, *, unsupported: UnsupportedPolicy) -> Encoded:
    """The body and headers. Raises `UnsupportedFeature` or `InvalidRequest`."""
    losses = Losses(unsupported, target)
    request = losses.supported(request, _ABSENT)
    body = _body(request, _options(request), losses)
    return Encoded(
        written(body, request.extra_body),
        _HEADERS,
        tuple(losses.warnings),
        tuple(losses.dropped),
    )


def _options(request: ChatRequest) -> AgUiOptions:
    options = request.options
    if options is None:
        return _NO_OPTIONS
    if not isinstance(options, AgUiOptions):
        raise InvalidRequest(
            f"{type(options).__name__} is of another protocol; this target takes AgUiOptions"
        )
    return options


def _body(request: ChatRequest, options: AgUiOptions, losses: Losses) -> Body:
    """The keys in the order in which they are sent."""
    writer = MessageWriter(losses)
    for message in request.messages:
        writer.add(message)
    if not writer.written:
        raise InvalidRequest("there is no message to answer; give a user message with content")
    state = writer.state if options.state is None else options.state
    said: Body = {
        "state": {} if state is None else state,
        "messages": writer.written,
        "tools": _tools(request, losses),
        "context": options.context,
        "forwardedProps": options.forwarded_props or {},
    }
    if options.resume:
        said["resume"] = options.resume
    return _head(said, writer.thread, options) | said


def _head(said: Body, thread: str | None, options: AgUiOptions) -> Body:
    """Names of the conversation and of this run, made of what is said where none is given."""
    head: Body = {}
    head["threadId"] = options.thread_id or thread or digest(["thread", said])
    head["runId"] = options.run_id or digest(["run", head["threadId"], said])
    if options.parent_run_id is not None:
        head["parentRunId"] = options.parent_run_id
    if options.protocol_version is not None:
        head["protocolVersion"] = options.protocol_version
    return head


def _tools(request: ChatRequest, losses: Losses) -> list[object]:
    """The agent has tools of its own, so a choice among all cannot be asked for."""
    if request.tool_choice not in (None, "auto"):
        losses.unsupported("a tool choice", "leave it out; the agent chooses itself")
    tools = (_tool(tool, losses) for tool in request.tools)
    return [tool for tool in tools if tool is not None]


def _tool(tool: Tool | ProviderTool, losses: Losses) -> object:
    if isinstance(tool, ProviderTool):
        if tool.dialect == NAME:
            return tool.definition
        losses.unsupported(f"a provider's tool of {tool.dialect}")
        return None
    if tool.strict:
        losses.unsupported("strict tools", "leave strict unset")
    definition: Body = {"name": tool.name, "description": tool.description or ""}
    definition["parameters"] = (
        {"type": "object", "properties": {}} if tool.parameters is None else tool.parameters
    )
    return definition
