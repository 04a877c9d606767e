"""How three protocols are read and written by a server that keeps to them."""

from __future__ import annotations

import json
from typing import Any

from tests.conforming.wanted import CITY, Wanted, Words


def line(data: object) -> bytes:
    """JSON, compact."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()


def event(data: dict[str, Any]) -> bytes:
    """A named event."""
    return b"event: %b\ndata: %b\n\n" % (data["type"].encode(), line(data))


def _texts(content: Any) -> str:
    parts = content if isinstance(content, list) else [content]
    return "".join(part["text"] if isinstance(part, dict) else str(part) for part in parts)


class Chat:
    """OpenAI's chat completions."""

    base, path, key_header = "/v1", "/v1/chat/completions", "authorization"

    def read(self, fields: dict[str, Any]) -> Wanted:
        last = fields["messages"][-1]
        choice = fields.get("tool_choice")
        tools = [tool["function"]["name"] for tool in fields.get("tools", ())]
        named = choice["function"]["name"] if isinstance(choice, dict) else (tools or [None])[0]
        return Wanted(
            fields["model"],
            _texts(last["content"]),
            fields.get("max_completion_tokens", fields.get("max_tokens")),
            bool(fields.get("stream")),
            fields.get("stop") or [],
            fields.get("n", 1),
            named,
            "response_format" in fields,
            last["role"] == "tool",
        )

    def error(self, message: str, kind: str) -> dict[str, Any]:
        return {"error": {"message": message, "type": kind, "param": None, "code": None}}

    def whole(self, words: Words, wanted: Wanted) -> bytes:
        message: dict[str, Any] = {"role": "assistant", "content": "".join(words.pieces)}
        if words.call:
            message["tool_calls"] = [self._call(words.call)]
        choices = [
            {"index": index, "message": message, "finish_reason": self._finish(words)}
            for index in range(wanted.count)
        ]
        head = {"id": "c1", "object": "chat.completion", "created": 1, "model": "m1"}
        return line({**head, "choices": choices, "usage": self._usage(words)})

    def stream(self, words: Words, wanted: Wanted) -> list[bytes]:
        deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
        deltas += [{"content": piece} for piece in words.pieces]
        if words.call:
            deltas.append({"tool_calls": [{"index": 0, **self._call(words.call)}]})
        chunks = [self._chunk([{"index": 0, "delta": d, "finish_reason": None}]) for d in deltas]
        chunks.append(
            self._chunk([{"index": 0, "delta": {}, "finish_reason": self._finish(words)}])
        )
        chunks.append(self._chunk([], usage=self._usage(words)))
        return [*chunks, b"data: [DONE]\n\n"]

    def _chunk(self, choices: list[Any], **more: Any) -> bytes:
        head = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m1"}
        return b"data: %b\n\n" % line({**head, "choices": choices, **more})

    def _call(self, name: str) -> dict[str, Any]:
        function = {"name": name, "arguments": CITY}
        return {"id": "call_1", "type": "function", "function": function}

    def _finish(self, words: Words) -> str:
        return "tool_calls" if words.call else "length" if words.cut else "stop"

    def _usage(self, words: Words) -> dict[str, int]:
        total = words.read + words.written
        counts = {"prompt_tokens": words.read, "completion_tokens": words.written}
        return {**counts, "total_tokens": total}


class Responses:
    """OpenAI's responses."""

    base, path, key_header = "/v1", "/v1/responses", "authorization"
    error = Chat.error

    def read(self, fields: dict[str, Any]) -> Wanted:
        given = fields["input"]
        last = given[-1] if isinstance(given, list) else {"content": given}
        choice = fields.get("tool_choice")
        tools = [tool["name"] for tool in fields.get("tools", ())]
        named = choice["name"] if isinstance(choice, dict) else (tools or [None])[0]
        return Wanted(
            fields["model"],
            _texts(last.get("content", "result")),
            fields["max_output_tokens"],
            bool(fields.get("stream")),
            [],
            tool=named,
            schema="text" in fields,
            result=last.get("type") == "function_call_output",
        )

    def whole(self, words: Words, wanted: Wanted) -> bytes:
        return line(self._response(words))

    def stream(self, words: Words, wanted: Wanted) -> list[bytes]:
        response = self._response(words)
        item = response["output"][0]
        empty = {**response, "status": "in_progress", "output": [], "usage": None}
        events: list[dict[str, Any]] = [{"type": "response.created", "response": empty}]
        bare = {**item, "arguments": ""} if words.call else {**item, "content": []}
        at = {"item_id": item["id"], "output_index": 0}
        events.append({"type": "response.output_item.added", "output_index": 0, "item": bare})
        if words.call:
            kind = "response.function_call_arguments"
            events.append({"type": f"{kind}.delta", **at, "delta": CITY})
            events.append({"type": f"{kind}.done", **at, "arguments": CITY})
        else:
            kind, at = "response.output_text", {**at, "content_index": 0}
            part = item["content"][0]
            added = {"type": "response.content_part.added", **at, "part": {**part, "text": ""}}
            events.append(added)
            events += [{"type": f"{kind}.delta", **at, "delta": piece} for piece in words.pieces]
            events.append({"type": f"{kind}.done", **at, "text": part["text"]})
            events.append({"type": "response.content_part.done", **at, "part": part})
        events.append({"type": "response.output_item.done", "output_index": 0, "item": item})
        events.append({"type": f"response.{response['status']}", "response": response})
        return [event({**data, "sequence_number": n}) for n, data in enumerate(events)]

    def _response(self, words: Words) -> dict[str, Any]:
        read, written = words.read, words.written
        usage = {"input_tokens": read, "output_tokens": written, "total_tokens": read + written}
        return {
            "id": "resp_1",
            "object": "response",
            "created_at": 1,
            "status": "incomplete" if words.cut else "completed",
            "incomplete_details": {"reason": "max_output_tokens"} if words.cut else None,
            "model": "m1",
            "output": [self._item(words)],
            "usage": usage,
        }

    def _item(self, words: Words) -> dict[str, Any]:
        if words.call:
            head = {"type": "function_call", "id": "fc_1", "call_id": "call_1"}
            return {**head, "status": "completed", "name": words.call, "arguments": CITY}
        part = {"type": "output_text", "text": "".join(words.pieces), "annotations": []}
        head = {"type": "message", "id": "msg_1", "status": "completed", "role": "assistant"}
        return {**head, "content": [part]}


class Messages:
    """Anthropic's messages."""

    base, path, key_header = "", "/v1/messages", "x-api-key"

    def read(self, fields: dict[str, Any]) -> Wanted:
        content = fields["messages"][-1]["content"]
        result = isinstance(content, list) and content[0]["type"] == "tool_result"
        tools = [tool["name"] for tool in fields.get("tools", ())]
        named = fields.get("tool_choice", {}).get("name", (tools or [None])[0])
        return Wanted(
            fields["model"],
            "result" if result else _texts(content),
            fields["max_tokens"],
            bool(fields.get("stream")),
            fields.get("stop_sequences") or [],
            tool=named,
            schema="output_config" in fields or "output_format" in fields,
            result=result,
        )

    def error(self, message: str, kind: str) -> dict[str, Any]:
        return {"type": "error", "error": {"type": kind, "message": message}}

    def whole(self, words: Words, wanted: Wanted) -> bytes:
        return line(self._message(words, wanted))

    def stream(self, words: Words, wanted: Wanted) -> list[bytes]:
        message = self._message(words, wanted)
        block = message["content"][0]
        start = {**message, "content": [], "stop_reason": None}
        start["usage"] = {**message["usage"], "output_tokens": 1}
        events: list[dict[str, Any]] = [{"type": "message_start", "message": start}]
        bare = {**block, "input": {}} if words.call else {**block, "text": ""}
        events.append({"type": "content_block_start", "index": 0, "content_block": bare})
        events.append({"type": "ping"})
        if words.call:
            deltas = [{"type": "input_json_delta", "partial_json": CITY}]
        else:
            deltas = [{"type": "text_delta", "text": piece} for piece in words.pieces]
        events += [{"type": "content_block_delta", "index": 0, "delta": d} for d in deltas]
        events.append({"type": "content_block_stop", "index": 0})
        delta = {"stop_reason": message["stop_reason"], "stop_sequence": None}
        usage = {"output_tokens": words.written}
        events.append({"type": "message_delta", "delta": delta, "usage": usage})
        return [event(data) for data in (*events, {"type": "message_stop"})]

    def _message(self, words: Words, wanted: Wanted) -> dict[str, Any]:
        block: dict[str, Any] = {"type": "text", "text": "".join(words.pieces)}
        if words.call:
            call = json.loads(CITY)
            block = {"type": "tool_use", "id": "toolu_1", "name": words.call, "input": call}
        reason = "tool_use" if words.call else "max_tokens" if words.cut else "end_turn"
        usage = {"input_tokens": words.read, "output_tokens": words.written}
        head = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m1"}
        end = {"stop_reason": reason, "stop_sequence": None, "usage": usage}
        return {**head, "content": [block], **end}
