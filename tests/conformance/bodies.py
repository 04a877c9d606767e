"""What a request's body says, read independently of the code that wrote it, for each chat dialect.

Each reader goes by its protocol's reference alone and gives the turns in order: words, thoughts,
calls with their ids, results with the ids of their calls, and the number of pictures.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

from msgspec import Struct


class Call(Struct, frozen=True):
    id: str
    name: str
    arguments: object


class Result(Struct, frozen=True):
    """`call` is the id of its call; pictures are counted."""

    call: str
    text: str
    pictures: int = 0


class Said(Struct):
    """One turn. `role` is `user`, `model` or `system`; results are the user's."""

    role: str
    texts: list[str] = []
    thoughts: list[str] = []
    calls: list[Call] = []
    results: list[Result] = []
    pictures: int = 0


def read(dialect: str, body: bytes) -> list[Said]:
    return list(_READERS[dialect](json.loads(body)))


def _openai_chat(body: Any) -> Iterator[Said]:
    for message in body["messages"]:
        said = Said(_role(message["role"]))
        texts, pictures = _parts(message["content"], "image_url")
        if message["role"] == "tool":
            said.results.append(Result(message["tool_call_id"], "".join(texts), pictures))
        else:
            said.texts, said.pictures = texts, pictures
        said.thoughts += [item["text"] for item in message.get("reasoning_details", ())]
        said.calls += _functions(message)
        if message.get("refusal"):
            said.texts.append(message["refusal"])
        yield said


def _openai_responses(body: Any) -> Iterator[Said]:
    if body.get("instructions"):
        yield Said("system", [body["instructions"]])
    for item in body["input"]:
        kind = item["type"]
        if kind == "message":
            texts, pictures = _parts(item["content"], "input_image")
            yield Said(_role(item["role"]), texts, pictures=pictures)
        elif kind == "function_call":
            call = Call(item["call_id"], item["name"], _arguments(item["arguments"]))
            yield Said("model", calls=[call])
        elif kind == "function_call_output":
            texts, pictures = _parts(item["output"], "input_image")
            yield Said("user", results=[Result(item["call_id"], "".join(texts), pictures)])
        elif kind == "reasoning":
            yield Said("model", thoughts=[part["text"] for part in item["summary"]])
        else:
            raise AssertionError(f"an item of type {kind}")


def _anthropic_messages(body: Any) -> Iterator[Said]:
    if "system" in body:
        yield Said("system", _parts(body["system"], "image")[0])
    roles = [message["role"] for message in body["messages"]]
    assert all(one != two for one, two in pairwise(roles))
    for message in body["messages"]:
        said = Said(_role(message["role"]))
        content = message["content"]
        for block in [{"type": "text", "text": content}] if isinstance(content, str) else content:
            if block["type"] == "tool_use":
                said.calls.append(Call(block["id"], block["name"], block["input"]))
            elif block["type"] == "tool_result":
                texts, pictures = _parts(block.get("content", ""), "image")
                said.results.append(Result(block["tool_use_id"], "".join(texts), pictures))
            elif block["type"] == "thinking":
                said.thoughts.append(block["thinking"])
            elif block["type"] == "image":
                said.pictures += 1
            elif block["type"] == "text":
                said.texts.append(block["text"])
        yield said


def _gemini(body: Any) -> Iterator[Said]:
    """Results answer calls by name, in the order of the calls; ids are told where there are any."""
    if "systemInstruction" in body:
        yield Said("system", [part["text"] for part in body["systemInstruction"]["parts"]])
    open_calls: list[Call] = []
    for content in body["contents"]:
        said = Said(_role(content["role"]))
        for part in content["parts"]:
            if "functionCall" in part:
                call = part["functionCall"]
                named = call.get("id") or f"#{len(open_calls)}"
                open_calls.append(Call(named, call["name"], call["args"]))
                said.calls.append(open_calls[-1])
            elif "functionResponse" in part:
                said.results.append(_response(part["functionResponse"], open_calls))
            elif "inlineData" in part:
                said.pictures += 1
            elif part.get("thought"):
                said.thoughts.append(part["text"])
            elif "text" in part:
                said.texts.append(part["text"])
        yield said


def _response(response: Any, open_calls: list[Call]) -> Result:
    call = next(
        call
        for call in open_calls
        if (call.id == response["id"] if "id" in response else call.name == response["name"])
    )
    open_calls[open_calls.index(call)] = Call("", "", None)
    value = response["response"]
    text = value.get("output", value.get("error", "")) if value else ""
    return Result(call.id, text, len(response.get("parts", ())))


def _bedrock_converse(body: Any) -> Iterator[Said]:
    if "system" in body:
        yield Said("system", [block["text"] for block in body["system"]])
    for message in body["messages"]:
        said = Said(_role(message["role"]))
        for block in message["content"]:
            ((kind, value),) = block.items()
            if kind == "toolUse":
                said.calls.append(Call(value["toolUseId"], value["name"], value["input"]))
            elif kind == "toolResult":
                texts = [item["text"] for item in value["content"] if "text" in item]
                pictures = sum("image" in item for item in value["content"])
                said.results.append(Result(value["toolUseId"], "".join(texts), pictures))
            elif kind == "citationsContent":
                said.texts += [item["text"] for item in value["content"]]
            elif kind == "reasoningContent":
                said.thoughts.append(value["reasoningText"]["text"])
            elif kind == "image":
                said.pictures += 1
            else:
                said.texts.append(value)
        yield said


def _cohere(body: Any) -> Iterator[Said]:
    for message in body["messages"]:
        said = Said(_role(message["role"]))
        content = message.get("content", "")
        texts, pictures = _parts(content, "image_url")
        if message["role"] == "tool":
            said.results.append(Result(message["tool_call_id"], "".join(texts), pictures))
        else:
            said.texts, said.pictures = texts, pictures
        if isinstance(content, list):
            said.thoughts += [item["thinking"] for item in content if item["type"] == "thinking"]
        said.calls += _functions(message)
        yield said


def _ollama(body: Any) -> Iterator[Said]:
    for message in body["messages"]:
        said, pictures = Said(_role(message["role"])), len(message.get("images", ()))
        if message["role"] == "tool":
            result = Result(message["tool_call_id"], message["content"], pictures)
            said.results.append(result)
        else:
            said.texts, said.pictures = [message["content"]], pictures
        said.thoughts += [message["thinking"]] if "thinking" in message else []
        for call in message.get("tool_calls", ()):
            function = call["function"]
            said.calls.append(Call(call["id"], function["name"], function["arguments"]))
        yield said


def _ag_ui(body: Any) -> Iterator[Said]:
    assert len({message["id"] for message in body["messages"]}) == len(body["messages"])
    for message in body["messages"]:
        texts, pictures = _parts(message.get("content", ""), "image")
        if message["role"] == "reasoning":
            yield Said("model", thoughts=texts)
        elif message["role"] == "tool":
            result = Result(message["toolCallId"], "".join(texts), pictures)
            yield Said("user", results=[result])
        else:
            said = Said(_role(message["role"]), texts, pictures=pictures)
            said.calls += _functions({"tool_calls": message.get("toolCalls", ())})
            yield said


def _parts(content: Any, picture: str) -> tuple[list[str], int]:
    """The texts and the number of pictures in content that is a string or a list of parts."""
    if content is None or isinstance(content, str):
        return ([content] if content else []), 0
    texts = [part.get("text", part.get("refusal")) for part in content]
    pictures = sum(part["type"] == picture for part in content)
    return [text for text in texts if text is not None], pictures


def _functions(message: Any) -> list[Call]:
    found = [(call["id"], call["function"]) for call in message.get("tool_calls", ())]
    return [Call(i, function["name"], _arguments(function["arguments"])) for i, function in found]


def _arguments(text: str) -> object:
    """What stands in the JSON text; a model may have written something else."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _role(role: str) -> str:
    return {"assistant": "model", "model": "model", "system": "system"}.get(role, "user")


_READERS: dict[str, Callable[[Any], Iterator[Said]]] = {
    "openai_chat": _openai_chat,
    "openai_responses": _openai_responses,
    "anthropic_messages": _anthropic_messages,
    "gemini": _gemini,
    "bedrock_converse": _bedrock_converse,
    "cohere": _cohere,
    "ollama": _ollama,
    "ag_ui": _ag_ui,
}
