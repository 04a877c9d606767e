"""Every recorded transcription, speech and picture in OpenAI's words.

Deepgram, ElevenLabs and Rev speak words of their own, and a realtime session and an account's
usage are no answers of these operations; the rules below name them.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from tests.conformance.corpus import Record
from tests.conformance.harness import assert_none
from tests.conformance.operations import (
    OperationSuite,
    check_answers,
    check_errors,
    check_injured_bodies,
    check_truncated_bodies,
)
from tests.conformance.table import Tally

from fairlead.dialects.image.openai import DIALECT as IMAGE
from fairlead.dialects.speech.openai import DIALECT as SPEECH
from fairlead.dialects.transcription.openai import DIALECT as TRANSCRIPTION
from fairlead.engine.codecs import OperationCodec, SpeechCodec
from fairlead.errors import ApiError, BadRequestError, ServerError
from fairlead.framing.multipart import BytesBody
from fairlead.types.operations import (
    ImageRequest,
    ImageResponse,
    SpeechRequest,
    Transcription,
    TranscriptionRequest,
)
from fairlead.types.receipts import Receipt
from fairlead.types.responses import RawResponse
from fairlead.types.targets import Target

OTHER_WORDS = {"deepgram", "elevenlabs"}


def is_transcript(record: Record) -> bool:
    if record.provider in OTHER_WORDS or "speech" in (record.url or ""):
        return False
    body = record.body
    other = b'"monologues"' in body or b'"session.created"' in body or b'"headers":' in body
    return not other


def is_speech(record: Record) -> bool:
    return "audio/speech" in (record.url or "")


def is_image(record: Record) -> bool:
    return "organization/usage" not in (record.url or "")


def target(operation: str) -> Any:
    def made(record: Record) -> Target:
        return Target(record.provider, "model", operation, "openai", str(record.url))

    return made


def transcription(record: Record) -> TranscriptionRequest:
    plain = (record.content_type or "").startswith("text/plain")
    return TranscriptionRequest(
        model="model",
        audio=BytesBody(b""),
        name="a.wav",
        media_type="audio/wav",
        extra_body={"response_format": "text"} if plain else None,
    )


def transcripts_differ(record: Record, answer: Transcription) -> Iterator[str]:
    if (record.content_type or "").startswith("text/plain"):
        if answer.text != record.body.decode():
            yield f"text {answer.text!r}"
        return
    said = events(record) if record.streaming else [json.loads(record.body)]
    whole = said[-1]
    if answer.text != whole["text"]:
        yield f"text {answer.text!r:.60}, not {whole['text']!r:.60}"
    segments = whole.get("segments") or [e for e in said if e.get("type", "").endswith("segment")]
    if [(s.text, s.start, s.end) for s in answer.segments] != [
        (s["text"], s["start"], s["end"]) for s in segments
    ]:
        yield f"segments {answer.segments!r:.100}"
    if [w.text for w in answer.words] != [w["word"] for w in whole.get("words") or []]:
        yield f"words {answer.words!r:.100}"
    usage = whole.get("usage") or {}
    tokens = usage.get("input_tokens", usage.get("prompt_tokens"))
    if tokens is not None and (answer.usage is None or answer.usage.input_tokens != tokens):
        yield f"usage {answer.usage!r}, not {tokens}"
    if "duration" in whole and answer.duration != float(whole["duration"]):
        yield f"duration {answer.duration!r}"


def events(record: Record) -> list[dict[str, Any]]:
    lines = re.findall(rb"^data: ?(\{.*\})\r?$", record.body, re.MULTILINE)
    return [json.loads(line) for line in lines]


def pictures_differ(record: Record, answer: ImageResponse) -> Iterator[str]:
    body = json.loads(record.body)
    expected = [
        (base64.b64decode(i["b64_json"]) if i.get("b64_json") else None, i.get("url"))
        for i in body["data"]
    ]
    if [(image.data, image.url) for image in answer.images] != expected:
        yield "the pictures differ"
    if [image.revised_prompt for image in answer.images] != [
        item.get("revised_prompt") for item in body["data"]
    ]:
        yield "the revised prompts differ"
    usage = body.get("usage") or {}
    read, written = usage.get("input_tokens"), usage.get("output_tokens")
    found = answer.usage
    if read is not None and (
        found is None or (found.input_tokens, found.output) != (read, written)
    ):
        yield f"usage {found!r}, not {read} and {written}"
    ticks = usage.get("cost_in_usd_ticks")
    if ticks is not None and (answer.cost is None or answer.cost.usd * 10**10 != ticks):
        yield f"cost {answer.cost!r}, not {ticks} ticks"


def error_class(status: int, body: bytes) -> type[ApiError]:
    return {400: BadRequestError, 501: ServerError}[status]


TRANSCRIPTS = OperationSuite(
    name="transcription (openai)",
    corpus="audio",
    operation=TRANSCRIPTION,
    mine=is_transcript,
    target=target("transcription"),
    request=transcription,
    disagreements=transcripts_differ,
    error_class=error_class,
)
IMAGES = OperationSuite(
    name="image (openai)",
    corpus="images",
    operation=IMAGE,
    mine=is_image,
    target=target("image"),
    request=lambda record: ImageRequest(model="model", prompt="x"),
    disagreements=pictures_differ,
    error_class=error_class,
)
SPOKEN = OperationSuite(
    name="speech (openai)",
    corpus="audio",
    operation=SPEECH,
    mine=is_speech,
    target=target("speech"),
    request=lambda record: SpeechRequest(model="model", text="x"),
    disagreements=lambda record, answer: iter(()),
    error_class=error_class,
)
SUITES = pytest.mark.parametrize("suite", [TRANSCRIPTS, IMAGES], ids=lambda suite: suite.name)


@SUITES
def test_every_answer_agrees_with_an_independent_reading(
    suite: OperationSuite, tally: Tally
) -> None:
    assert_none(check_answers(suite, tally))


@SUITES
def test_a_body_that_breaks_off_is_never_an_answer(suite: OperationSuite, tally: Tally) -> None:
    whole = [r for r in suite.good() if r.body.lstrip()[:1] == b"{"]
    only = OperationSuite(**{**_fields(suite), "mine": lambda record: record in whole})
    assert_none(check_truncated_bodies(only, tally))


@SUITES
def test_an_injured_body_raises_nothing_unforeseen(suite: OperationSuite) -> None:
    assert_none(check_injured_bodies(suite))


@SUITES
def test_every_error_is_classified(suite: OperationSuite, tally: Tally) -> None:
    assert_none(check_errors(suite, tally))


def test_a_streamed_transcript_without_its_end_is_never_an_answer() -> None:
    for record in TRANSCRIPTS.good():
        if record.streaming:
            body = record.body[: record.body.rindex(b"transcript.text.done")]
            with pytest.raises(Exception, match=r"broke off|not valid JSON") as caught:
                TRANSCRIPTS.decode(record, body)
            assert type(caught.value).__name__ in ("StreamInterrupted", "DecodeError")


def test_recorded_speech_is_handed_on_byte_for_byte(tally: Tally) -> None:
    for record in SPOKEN.records():
        inner = OperationCodec(
            SPEECH, SPOKEN.request(record), SPOKEN.target(record), unsupported="error"
        )
        decoder = SpeechCodec(inner).decoder()
        body = record.body
        pieces = [p for at in range(0, len(body), 999) for p in decoder.feed(body[at : at + 999])]
        pieces += decoder.close()
        assert (b"".join(pieces), decoder.failure, decoder.finished) == (body, None, True)
        raw = RawResponse(200, (("Content-Type", record.content_type or ""),))
        speech = decoder.result(receipt=Receipt("speech", "p/m"), raw=raw, warnings=())
        assert speech.media_type == record.content_type
        tally.count(SPOKEN.name, "bodies")


def _fields(suite: OperationSuite) -> dict[str, Any]:
    return {name: getattr(suite, name) for name in suite.__struct_fields__}
