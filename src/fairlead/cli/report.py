"""What is told about an answer: the whole of it as JSON, a line of usage, its receipt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from fairlead.cli.printable import escaped_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fairlead.types.extraction import Extraction
    from fairlead.types.operations import Answer
    from fairlead.types.receipts import Receipt
    from fairlead.types.responses import ChatResponse
    from fairlead.types.runs import RunResult
    from fairlead.types.usage import Usage


def response_json(response: ChatResponse, *, indent: bool) -> str:
    """The whole response as one JSON object, with its text in front. Bytes are base64.

    The raw body and headers are left out: they repeat the rest, and may hold cookies.
    """
    return to_json(_response_fields(response), indent=indent)


def run_json(run: RunResult, told: ChatResponse, *, indent: bool) -> str:
    """The same for a run, whose last answer is `told` with what all turns took.

    Behind it are all calls of tools, and the messages that would go on with the conversation.
    """
    fields = _response_fields(told)
    fields["turns"] = len(run.turns)
    fields["tools"] = msgspec.to_builtins(run.tools)
    fields["messages"] = msgspec.to_builtins(run.messages)
    return to_json(fields, indent=indent)


def extraction_json(
    found: Extraction[object], told: ChatResponse, value: str, *, indent: bool
) -> str:
    """The same for a value that was asked for, which `value` is as JSON; it stands in front."""
    fields: dict[str, object] = {"value": msgspec.Raw(value.encode())}
    fields |= _response_fields(told)
    fields |= {"asked": found.attempts, "mode": found.mode}
    return to_json(fields, indent=indent)


def answer_json(answer: Answer, *, indent: bool, also: Mapping[str, object]) -> str:
    """The same for the answer of another operation, with what there is `also` in front.

    A vector is a list of numbers.
    """
    bare = msgspec.structs.replace(answer, raw=None)
    fields = {**also, **msgspec.to_builtins(bare, enc_hook=list)}
    del fields["raw"]
    if answer.usage is not None:
        fields["usage"] = _usage_fields(answer.usage)
    return to_json(fields, indent=indent)


def to_json(value: object, *, indent: bool = False) -> str:
    """JSON text that a terminal shows unharmed."""
    data = msgspec.json.encode(value)
    if indent:
        data = msgspec.json.format(data, indent=2)
    return escaped_json(data.decode())


def usage_line(response: ChatResponse | Answer, *, turns: int = 1) -> str:
    """Tokens in and out, cost where it is known, time, and who served it, on one line.

    Of a run it tells of all `turns` together.
    """
    parts = [_tokens(response.usage)]
    if response.cost is not None:
        parts.append(f"${response.cost.usd.normalize():f}")
    receipt = response.receipt
    parts.append(f"{receipt.seconds:.2f} s")
    if turns > 1:
        parts.append(f"{turns} turns")
    if len(receipt.attempts) > turns:
        parts.append(f"{len(receipt.attempts)} attempts")
    if receipt.from_cache:
        parts.append("from the cache")
    parts.append(receipt.target)
    return ", ".join(parts)


def receipt_json(receipt: Receipt) -> str:
    """The receipt as one line of JSON."""
    return to_json(receipt)


def _response_fields(response: ChatResponse) -> dict[str, object]:
    fields: dict[str, object] = {"text": response.text}
    fields |= msgspec.to_builtins(response)
    del fields["raw"]
    if response.usage is not None:
        fields["usage"] = _usage_fields(response.usage)
    return fields


def _usage_fields(usage: Usage) -> dict[str, object]:
    fields: dict[str, object] = msgspec.to_builtins(usage)
    if usage.raw is not None:
        fields["raw"] = msgspec.Raw(usage.raw.encode())
    totals = {
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "total_tokens": usage.total_tokens,
    }
    return fields | totals


def _tokens(usage: Usage | None) -> str:
    if usage is None:
        return "no usage was reported"
    text = f"{usage.input_tokens} tokens in"
    if usage.cache_read:
        text += f" ({usage.cache_read} cached)"
    text += f", {usage.output_tokens} out"
    if usage.reasoning:
        text += f" ({usage.reasoning} reasoning)"
    return f"about {text}" if usage.estimated else text
