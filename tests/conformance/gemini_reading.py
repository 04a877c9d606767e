"""What Google's recorded answers say, read without the library: the first candidate alone."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from tests.conformance.corpus import Record
from tests.conformance.reading import Reading

PATH = re.compile(r"\.(\w+)|\[(\d+)\]")
FINISHES = {
    "STOP": "stop",
    "1": "stop",
    "MAX_TOKENS": "length",
    "SAFETY": "content_filter",
    "RECITATION": "content_filter",
    "MODEL_ARMOR": "content_filter",
    "UNEXPECTED_TOOL_CALL": "error",
    "OTHER": "error",
    "FAKE_ENUM": "stop",
    "None": "stop",
}


def chunks(record: Record) -> list[str]:
    """The JSON of each chunk, in whichever form they came."""
    text = record.body.decode()
    if not record.streaming:
        return [text]
    if text.lstrip().startswith("["):
        return list(outermost(text))
    return [
        line.removeprefix("data:").strip() for line in text.splitlines() if line.startswith("data:")
    ]


def outermost(text: str) -> Iterator[str]:
    place = 0
    while (place := text.find("{", place)) >= 0:
        _, end = json.JSONDecoder().raw_decode(text, place)
        yield text[place:end]
        place = end


@lru_cache(maxsize=8)
def first_candidates(record_id: str, texts: tuple[str, ...]) -> list[dict[str, Any]]:
    """The pieces of the first candidate; `args` of calls are the texts that stood there."""
    found = []
    for text in texts:
        candidates = json.loads(text).get("candidates") or []
        holders = [p["functionCall"] for c in candidates for p in parts(c) if "functionCall" in p]
        for call, written in zip(holders, arguments(text), strict=True):
            call["written"] = written
        found += candidates
    return found


def parts(candidate: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (candidate.get("content") or {}).get("parts") or []
    return found


def arguments(text: str) -> Iterator[str]:
    """The JSON text of `args` of every call, outermost ones only, `{}` where there is none."""
    place = 0
    while found := re.compile(r'(?<!\\)"functionCall"\s*:\s*').search(text, place):
        value, place = json.JSONDecoder().raw_decode(text, found.end())
        call = text[found.end() : place]
        inner = re.search(r'(?<!\\)"args"\s*:\s*', call)
        if inner is None or not value.get("args"):
            yield "{}"
        else:
            _, end = json.JSONDecoder().raw_decode(call, inner.end())
            yield call[inner.end() : end]


def read(record: Record) -> Reading:
    texts = chunks(record)
    whole_chunks = [json.loads(text) for text in texts]
    candidates = first_candidates(record.id, tuple(texts))
    said = grown([part for candidate in candidates for part in parts(candidate)])
    reasons = [str(c["finishReason"]) for c in candidates if c.get("finishReason")]
    raw = reasons[-1] if reasons else None
    feedback = [c["promptFeedback"] for c in whole_chunks if "promptFeedback" in c]
    block = next((f for f in feedback if f.get("blockReason")), None)
    calls = [] if any("functionResponse" in part for part in said) else called(said)
    finish = "tool_call" if calls and FINISHES[str(raw)] == "stop" else FINISHES[str(raw)]
    return Reading(
        text="".join(p["text"] for p in said if "text" in p and not p.get("thought")),
        reasoning="\n\n".join(thoughts(said)),
        refusal=refusal(candidates, block, finish),
        tool_calls=tuple(calls),
        citations=tuple(cited(candidates)),
        usage=figures([c["usageMetadata"] for c in whole_chunks if c.get("usageMetadata")]),
        finish="content_filter" if block else finish,
        raw_finish=block["blockReason"] if block else raw,
        model=whole_chunks[0].get("modelVersion", ""),
        id=whole_chunks[0].get("responseId", ""),
        alternatives=0,
    )


def grown(said: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Calls whose arguments came in pieces, each put together."""
    found: list[dict[str, Any]] = []
    for part in said:
        call = part.get("functionCall")
        if call is not None and call.keys() & {"partialArgs", "willContinue"} and "name" in call:
            call["args"] = {}
        if call is None or "name" in call:
            found.append(part)
            continue
        holder = found[-1]["functionCall"]
        for piece in call.get("partialArgs", []):
            steps = [int(n) if n else name for name, n in PATH.findall(piece["jsonPath"])]
            place(holder["args"], steps, piece)
        holder["written"] = json.dumps(holder["args"], separators=(",", ":"), ensure_ascii=False)
        holder.pop("willContinue", None)
    return found


def place(held: Any, steps: list[str | int], piece: dict[str, Any]) -> None:
    """Put a piece where its path leads, which is always into a string, a number or a new item."""
    for step, following in itertools.pairwise(steps):
        empty: Any = [] if isinstance(following, int) else {}
        if isinstance(held, list) and step == len(held):
            held.append(empty)
        held = held[step] if isinstance(held, list) else held.setdefault(step, empty)
    last: Any = steps[-1]
    text = "stringValue" in piece
    if isinstance(held, list) and last == len(held):
        held.append("")
    elif isinstance(held, dict):
        held.setdefault(last, "")
    held[last] = held[last] + piece["stringValue"] if text else piece.get("numberValue")


def called(said: list[dict[str, Any]]) -> list[tuple[str | None, str, str]]:
    calls = [part["functionCall"] for part in said if "functionCall" in part]
    return [(call.get("id"), call["name"], call["written"]) for call in calls]


def thoughts(said: list[dict[str, Any]]) -> list[str]:
    """Thoughts that follow each other are one, unless one of them is signed."""
    found: list[str] = []
    open_end = False
    for part in said:
        if part.get("thought"):
            signed = "thoughtSignature" in part
            if open_end and not signed:
                found[-1] += part["text"]
            else:
                found.append(part["text"])
            open_end = not signed
        elif part.get("text") != "" or len(part) > 1:
            open_end = False
    return [text for text in found if text]


def refusal(candidates: list[dict[str, Any]], block: dict[str, Any] | None, finish: str) -> str:
    if block is not None:
        return block.get("blockReasonMessage") or block["blockReason"]
    if finish != "content_filter":
        return ""
    return next((c["finishMessage"] for c in candidates if c.get("finishMessage")), "")


def cited(candidates: list[dict[str, Any]]) -> Iterator[str | None]:
    """Each support with each of its chunks, then the chunks of none, then what was quoted."""
    held = [c["groundingMetadata"] for c in candidates if c.get("groundingMetadata")]
    for grounding in held:
        sources = [next(iter(c.values())).get("uri") for c in grounding.get("groundingChunks", [])]
        named = set()
        for support in grounding.get("groundingSupports", []):
            for index in support.get("groundingChunkIndices", []):
                if index < len(sources):  # one answer has supports of no source at all
                    named.add(index)
                    yield sources[index]
        yield from (source for index, source in enumerate(sources) if index not in named)
    quoted: list[str] = []
    for candidate in candidates:
        metadata = candidate.get("citationMetadata") or {}
        items = [*metadata.get("citations", []), *metadata.get("citationSources", [])]
        quoted += [json.dumps(item) for item in items if item]
    yield from (json.loads(item).get("uri") for item in dict.fromkeys(quoted))


def figures(told: list[dict[str, Any]]) -> dict[str, int] | None:
    """Buckets that count no token twice, each figure the last one told."""
    usage: dict[str, Any] = {}
    for one in told:
        usage |= {name: value for name, value in one.items() if value is not None}
    if not usage:
        return None
    prompt = usage.get("promptTokenCount", 0) + usage.get("toolUsePromptTokenCount", 0)
    cached = usage.get("cachedContentTokenCount", 0)
    heard = sound(usage, "promptTokensDetails") - sound(usage, "cacheTokensDetails")
    said = sound(usage, "candidatesTokensDetails")
    drawn = sound(usage, "candidatesTokensDetails", "IMAGE")
    written = usage.get("candidatesTokenCount", 0)
    return {
        "input": prompt - cached - heard,
        "audio_input": heard,
        "cache_read": cached,
        "output": written - said - drawn,
        "audio_output": said,
        "image_output": drawn,
        "reasoning": usage.get("thoughtsTokenCount", 0),
        "input_tokens": prompt,
        "output_tokens": written + usage.get("thoughtsTokenCount", 0),
    }


def sound(usage: dict[str, Any], name: str, modality: str = "AUDIO") -> int:
    details = usage.get(name, [])
    kinds = (modality, 4) if modality == "AUDIO" else (modality, 2)
    return sum(item.get("tokenCount", 0) for item in details if item["modality"] in kinds)
