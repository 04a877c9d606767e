"""Recorded answers to a JSON Schema: read as they come, and taken or refused as when whole."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

import pytest
from tests.conformance import (
    test_anthropic_messages as anthropic_messages,
    test_bedrock_converse as bedrock_converse,
    test_cohere as cohere,
    test_gemini as gemini,
    test_ollama as ollama,
    test_openai_chat as openai_chat,
    test_openai_responses as openai_responses,
)
from tests.conformance.corpus import Record
from tests.conformance.harness import Problem, Suite, assert_none
from tests.conformance.runs import stream, whole
from tests.growing import is_prefix

from fairlead.errors import InvalidRequest
from fairlead.extraction.answer import Answer
from fairlead.extraction.shape import Shape
from fairlead.types.events import TextDelta

SUITES = [
    anthropic_messages.SUITE,
    bedrock_converse.SUITE,
    cohere.SUITE,
    gemini.SUITE,
    ollama.SUITE,
    openai_chat.SUITE,
    openai_chat.MISTRAL,
    openai_responses.SUITE,
]


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name)
def test_every_structured_answer_is_read(suite: Suite) -> None:
    problems: list[Problem] = []
    for record, schema, texts in _structured(suite):
        problems += [(record.id, said) for said in _wrong(schema, texts)]
    assert_none(problems)


def test_there_are_structured_answers_to_read() -> None:
    found = {s.name: sum(1 for _ in _structured(s)) for s in SUITES}
    assert sum(found.values()) > 0, found


def _structured(suite: Suite) -> Iterator[tuple[Record, Mapping[str, object], list[str]]]:
    """Answers to a schema that came to their end, as pieces of text."""
    for record in suite.records():
        schema = _schema_in(record.request_body)
        if schema is None or record.status >= 300 or suite.damage(record) is not None:
            continue
        decoder = suite.decoder(record)
        run = stream(decoder, [record.body]) if record.streaming else whole(decoder, record.body)
        texts = [event.text for event in run.events if isinstance(event, TextDelta)]
        text = "".join(texts)
        if _is_json(text):
            yield record, schema, texts


def _wrong(schema: Mapping[str, object], texts: list[str]) -> Iterator[str]:
    try:
        shape = Shape(schema)
    except InvalidRequest as error:
        yield f"the schema is refused: {error}"
        return
    answer: Answer[object] = Answer(shape, 1, 1 << 20)
    if shape.holder is not None:
        answer.feed(f'{{"{shape.holder}":')
        texts = [*texts, "}"]
    before: object = None
    for text in texts:
        answer.feed(text)
        now = answer.partial().value
        if before is not None and answer.fault is None and not is_prefix(before, now):
            yield f"{before!r:.80} has become {now!r:.80}"
        before = now
    value = answer.close()
    fits = shape.validator.valid(json.loads(answer.text))
    if (answer.fault is None) != fits:
        yield f"{answer.fault} in {answer.text:.120}"
    elif fits and value != json.loads(answer.text) and shape.holder is None:
        yield f"{value!r:.100} is not what was written"


def _schema_in(body: object) -> Mapping[str, object] | None:
    """The schema for the answer, wherever the dialect has it."""
    if not isinstance(body, Mapping):
        return None
    for path in _PLACES:
        held: object = body
        for step in path:
            held = held.get(step) if isinstance(held, Mapping) else None
        if isinstance(held, str) and path[0] == "outputConfig":
            held = json.loads(held)
        if isinstance(held, Mapping):
            return held
    return None


_PLACES = (
    ("response_format", "json_schema", "schema"),
    ("response_format", "json_schema"),
    ("text", "format", "schema"),
    ("output_config", "format", "schema"),
    ("output_format", "schema"),
    ("generationConfig", "responseJsonSchema"),
    ("outputConfig", "textFormat", "structure", "jsonSchema", "schema"),
    ("format",),
)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
