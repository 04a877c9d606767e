"""Recorded pictures of Gemini models and recorded speech of xAI, against a reading of their own."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

from tests.conformance.corpus import Record
from tests.conformance.harness import assert_none
from tests.conformance.operations import (
    OperationSuite,
    check_answers,
    check_injured_bodies,
    check_truncated_bodies,
)
from tests.conformance.table import Tally

from fairlead.dialects.image.gemini import DIALECT as IMAGE
from fairlead.dialects.speech.xai import DIALECT as SPEECH
from fairlead.engine.codecs import OperationCodec, SpeechCodec
from fairlead.errors import ApiError, BadRequestError
from fairlead.types.operations import ImageRequest, ImageResponse, SpeechRequest
from fairlead.types.receipts import Receipt
from fairlead.types.responses import RawResponse
from fairlead.types.targets import Target

FEWEST_PICTURES = 5


def config(record: Record) -> dict[str, Any]:
    """The recorded request's generationConfig, where it asks for pictures."""
    found = record.asked.get("generationConfig")
    asks = isinstance(found, dict) and "IMAGE" in str(found.get("responseModalities"))
    return found if asks else {}  # type: ignore[return-value]


def is_picture(record: Record) -> bool:
    return not record.streaming and record.status < 300 and bool(config(record))


def is_speech(record: Record) -> bool:
    return (record.url or "").endswith("api.x.ai/v1/tts")


def error_class(status: int, body: bytes) -> type[ApiError]:
    return BadRequestError


def pictures_differ(record: Record, answer: ImageResponse) -> Iterator[str]:
    body = json.loads(record.body)
    parts = [p for c in body["candidates"] for p in c["content"]["parts"] if not p.get("thought")]
    inline = [part["inlineData"] for part in parts if "inlineData" in part]
    expected = [(base64.b64decode(i["data"]), i["mimeType"]) for i in inline]
    if [(image.data, image.media_type) for image in answer.images] != expected:
        yield "the pictures differ"
    if bool(answer.warnings) != any(part.get("text") for part in parts):
        yield f"warnings {answer.warnings!r}"
    usage = body["usageMetadata"]
    split = usage["candidatesTokensDetails"]
    drawn = sum(part["tokenCount"] for part in split if part["modality"] == "IMAGE")
    told = (usage["promptTokenCount"], usage["candidatesTokenCount"] - drawn, drawn)
    found = answer.usage
    if found is None or (found.input_tokens, found.output, found.image_output) != told:
        yield f"usage {found!r}, not {told}"
    if answer.model != body["modelVersion"]:
        yield f"model {answer.model!r}"


PICTURES = OperationSuite(
    name="image (gemini)",
    corpus="gemini",
    operation=IMAGE,
    mine=is_picture,
    target=lambda record: Target(record.provider, "m", "image", "gemini", str(record.url)),
    request=lambda record: ImageRequest(model="m", prompt="x"),
    disagreements=pictures_differ,
    error_class=error_class,
)
SPOKEN = OperationSuite(
    name="speech (xai)",
    corpus="other",
    operation=SPEECH,
    mine=is_speech,
    target=lambda record: Target("xai", "grok-tts", "speech", "xai", str(record.url)),
    request=lambda record: SpeechRequest(model="grok-tts", text=str(record.asked["text"])),
    disagreements=lambda record, answer: iter(()),
    error_class=error_class,
)


def test_every_picture_agrees_with_an_independent_reading(tally: Tally) -> None:
    assert len(PICTURES.records()) >= FEWEST_PICTURES
    assert_none(check_answers(PICTURES, tally))


def test_a_body_that_breaks_off_is_never_an_answer(tally: Tally) -> None:
    assert_none(check_truncated_bodies(PICTURES, tally))


def test_an_injured_body_raises_nothing_unforeseen() -> None:
    assert_none(check_injured_bodies(PICTURES))


def test_what_is_asked_is_what_was_recorded() -> None:
    compared = 0
    for record in PICTURES.records():
        wanted = config(record)
        if wanted["responseModalities"] != ["IMAGE"]:
            continue
        shape = wanted.get("imageConfig", {}).get("aspectRatio")
        request = ImageRequest(model="m", prompt="x", size=shape)
        sent = IMAGE.encode(request, PICTURES.target(record), unsupported="error").body
        assert isinstance(sent, bytes)
        assert json.loads(sent)["generationConfig"] == wanted
        compared += 1
    assert compared


def test_recorded_speech_is_asked_for_and_handed_on_byte_for_byte(tally: Tally) -> None:
    records = SPOKEN.records()
    assert records
    for record in records:
        inner = OperationCodec(
            SPEECH, SPOKEN.request(record), SPOKEN.target(record), unsupported="error"
        )
        codec = SpeechCodec(inner)
        body = codec.request().body
        assert isinstance(body, bytes)
        assert json.loads(body) == record.asked
        decoder = codec.decoder()
        pieces = [*decoder.feed(record.body), *decoder.close()]
        assert (b"".join(pieces), decoder.failure, decoder.finished) == (record.body, None, True)
        raw = RawResponse(200, (("Content-Type", record.content_type or ""),))
        speech = decoder.result(receipt=Receipt("speech", "p/m"), raw=raw, warnings=())
        assert speech.media_type == record.content_type == "audio/mpeg"
        tally.count(SPOKEN.name, "bodies")
