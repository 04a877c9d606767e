"""Writes a request: one JSON body with a fixed order of keys, and the protocol's own headers."""

from __future__ import annotations

import msgspec

from fairlead.dialects import claude
from fairlead.dialects.anthropic_messages.content import PartWriter
from fairlead.dialects.anthropic_messages.conversation import Conversation, plain
from fairlead.dialects.anthropic_messages.documents import add_documents, cites
from fairlead.dialects.anthropic_messages.hosts import EVENT_STREAM, VERSIONS, date_of
from fairlead.dialects.anthropic_messages.options import AnthropicOptions
from fairlead.dialects.anthropic_messages.thinking import answer_limit, thinking
from fairlead.dialects.anthropic_messages.toolbox import tool_choice, tools
from fairlead.dialects.body import Body, written
from fairlead.dialects.fitting import strict_schema
from fairlead.dialects.losses import Losses
from fairlead.errors import InvalidRequest
from fairlead.ports import Encoded
from fairlead.types.requests import ChatRequest, UnsupportedPolicy
from fairlead.types.targets import Target

DEFAULT_VERSION = "2023-06-01"
"""Of the protocol, where neither the provider's data nor the options name one."""
NO_SAMPLING_FROM = "2026-10-21"
FILES_BETA = "files-api-2025-04-14"

_NO_OPTIONS = AnthropicOptions()
_ABSENT = ("seed", "presence_penalty", "frequency_penalty", "logprobs", "top_logprobs")
_SAMPLING = ("temperature", "top_p", "top_k")
_VERBATIM = ("service_tier", "context_management", "inference_geo", "speed")


def encode(
    request: ChatRequest, target: Target, *, stream: bool, unsupported: UnsupportedPolicy
) -> Encoded:
    """The body and headers. Raises `UnsupportedFeature` or `InvalidRequest`."""
    losses = Losses(unsupported, target)
    request = losses.supported(request, _ABSENT)
    options = _options(request)
    version = _version(options, target)
    request = _sampling(request, target, version, losses)
    request = claude.beside_thinking(request, options.thinking, losses)
    old_protocol = date_of(version) < NO_SAMPLING_FROM
    writer = PartWriter(losses, cite=cites(request, options), old_protocol=old_protocol)
    conversation = _conversation(request, target, writer, losses)
    body = _body(request, target, options, conversation, losses)
    betas = _betas(target, options, uses_files=writer.uses_files and old_protocol)
    host = target.quirks.anthropic_host
    if host:
        body = {"anthropic_version": version} | body
    if stream and host != "bedrock":
        body["stream"] = True
    if host == "bedrock" and betas:
        body["anthropic_beta"] = betas
    return Encoded(
        written(body, request.extra_body),
        _headers(target, version, betas, stream=stream),
        tuple(losses.warnings),
        tuple(losses.dropped),
    )


def _version(options: AnthropicOptions, target: Target) -> str:
    host = VERSIONS.get(target.quirks.anthropic_host)
    known = host or _header(target, "anthropic-version") or DEFAULT_VERSION
    return options.api_version or known


def _options(request: ChatRequest) -> AnthropicOptions:
    options = request.options
    if options is None:
        return _NO_OPTIONS
    if not isinstance(options, AnthropicOptions):
        raise InvalidRequest(
            f"{type(options).__name__} is of another protocol; this target takes AnthropicOptions"
        )
    return options


def _sampling(request: ChatRequest, target: Target, version: str, losses: Losses) -> ChatRequest:
    """The request without what newer models and versions refuse."""
    if date_of(version) < NO_SAMPLING_FROM and claude.takes_sampling(target.model):
        return request
    given = [name for name in _SAMPLING if getattr(request, name) is not None]
    for name in given:
        losses.unsupported(name, "leave it out, or take an older model or api_version")
    return msgspec.structs.replace(request, **dict.fromkeys(given)) if given else request


def _conversation(
    request: ChatRequest, target: Target, writer: PartWriter, losses: Losses
) -> Conversation:
    system_turns = claude.takes_system_turns(target.model)
    conversation = Conversation(writer, losses, system_turns=system_turns)
    for message in request.messages:
        conversation.add(message)
    conversation.close()
    if not conversation.turns:
        raise InvalidRequest("there is no message to answer; give a user message with content")
    add_documents(conversation, request.documents, cite=writer.cite)
    return conversation


def _body(
    request: ChatRequest,
    target: Target,
    options: AnthropicOptions,
    conversation: Conversation,
    losses: Losses,
) -> Body:
    """The keys in the order in which they are sent."""
    asked, effort = thinking(request, options, target, losses)
    body: Body = {} if target.quirks.anthropic_host else {"model": target.model}
    limit = request.max_tokens
    body["max_tokens"] = answer_limit(target.model, asked, effort) if limit is None else limit
    if conversation.system:
        body["system"] = plain(conversation.system)
    body["messages"] = [
        {"role": turn.role, "content": plain(turn.blocks)} for turn in conversation.turns
    ]
    found = tools(request.tools, target, losses)
    if found:
        body["tools"] = found
    choice = tool_choice(request, options, target, losses)
    if choice is not None and (found or options.mcp_servers):
        body["tool_choice"] = choice
    _add_settings(body, request)
    if asked is not None:
        body["thinking"] = asked
    if output := _output_config(request, target, effort, losses):
        body["output_config"] = output
    if request.user is not None or options is not _NO_OPTIONS:
        _add_options(body, request, options)
    if "container" not in body and conversation.container and conversation.unfinished():
        body["container"] = conversation.container
    return body


def _add_settings(body: Body, request: ChatRequest) -> None:
    if request.temperature is not None:
        body["temperature"] = request.temperature
    if request.top_p is not None:
        body["top_p"] = request.top_p
    if request.top_k is not None:
        body["top_k"] = request.top_k
    if request.stop:
        body["stop_sequences"] = request.stop


def _output_config(
    request: ChatRequest, target: Target, effort: str | None, losses: Losses
) -> Body:
    config: Body = {}
    if effort is not None:
        config["effort"] = effort
    output = request.output
    if output == "json" or (output is not None and target.quirks.output != "json_schema"):
        what = "JSON output without a schema" if output == "json" else "a JSON schema"
        hint = "give a schema" if target.quirks.output == "json_schema" else "ask in the prompt"
        losses.unsupported(what, hint)
    elif output is not None:
        schema = dict(strict_schema(output.schema, "the output", losses))
        if output.description is not None:
            schema.setdefault("description", output.description)
        config["format"] = {"type": "json_schema", "schema": schema}
    return config


def _add_options(body: Body, request: ChatRequest, options: AnthropicOptions) -> None:
    metadata = dict(options.metadata or {})
    user = request.user
    if user is not None and metadata.setdefault("user_id", user) != user:
        raise InvalidRequest("user and options.metadata name two users; give one")
    if metadata:
        body["metadata"] = metadata
    if options.cache is not None:
        body["cache_control"] = {"type": "ephemeral", "ttl": options.cache}
    if options.container is not None:
        body["container"] = options.container
    if options.mcp_servers:
        body["mcp_servers"] = options.mcp_servers
    for name in _VERBATIM:
        if (value := getattr(options, name)) is not None:
            body[name] = value


def _betas(target: Target, options: AnthropicOptions, *, uses_files: bool) -> list[str]:
    """The names that the target sends anyway, then those of this request."""
    before = _header(target, "anthropic-beta")
    betas = [*(before.split(",") if before else ()), *options.betas]
    if uses_files:
        betas.append(FILES_BETA)
    return list(dict.fromkeys(name.strip() for name in betas))


def _headers(
    target: Target, version: str, betas: list[str], *, stream: bool
) -> tuple[tuple[str, str], ...]:
    """Only what differs from the headers that the target sends anyway."""
    host = target.quirks.anthropic_host
    headers: list[tuple[str, str]] = []
    if not host and version != _header(target, "anthropic-version"):
        headers.append(("anthropic-version", version))
    joined = ",".join(betas)
    if host == "bedrock":
        return (("accept", EVENT_STREAM),) if stream else ()
    if joined and joined != _header(target, "anthropic-beta"):
        headers.append(("anthropic-beta", joined))
    return tuple(headers)


def _header(target: Target, name: str) -> str | None:
    return next((value for key, value in target.headers if key.lower() == name), None)
