"""Usage: buckets that count no token twice, merged field by field."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import Raw

from fairlead.dialects.gemini import tally
from fairlead.types.usage import Usage


def told(*given: Any) -> Usage | None:
    counting = tally.UsageTally()
    for one in given:
        counting.pending.append(Raw(one if isinstance(one, bytes) else json.dumps(one).encode()))
    return counting.usage()


def audio(count: int, modality: object = "AUDIO") -> list[dict[str, Any]]:
    return [{"modality": "TEXT", "tokenCount": 1}, {"modality": modality, "tokenCount": count}]


def test_every_token_is_counted_once() -> None:
    usage = told(
        {
            "promptTokenCount": 100,
            "toolUsePromptTokenCount": 20,
            "cachedContentTokenCount": 30,
            "candidatesTokenCount": 50,
            "thoughtsTokenCount": 7,
            "totalTokenCount": 177,
        }
    )

    assert usage is not None
    assert (usage.input, usage.cache_read, usage.output, usage.reasoning) == (90, 30, 50, 7)
    assert (usage.input_tokens, usage.output_tokens, usage.total_tokens) == (120, 57, 177)


@pytest.mark.parametrize("modality", ["AUDIO", 4])
def test_sound_has_buckets_of_its_own(modality: object) -> None:
    usage = told(
        {
            "promptTokenCount": 100,
            "cachedContentTokenCount": 30,
            "candidatesTokenCount": 50,
            "promptTokensDetails": audio(40, modality),
            "cacheTokensDetails": audio(10, modality),
            "candidatesTokensDetails": audio(45, modality),
        }
    )

    assert usage is not None
    assert (usage.input, usage.audio_input, usage.cache_read) == (40, 30, 30)
    assert (usage.output, usage.audio_output) == (5, 45)


@pytest.mark.parametrize("modality", ["IMAGE", 2])
def test_pictures_have_a_bucket_of_their_own(modality: object) -> None:
    drawn = [{"modality": modality, "tokenCount": 1290}]
    usage = told({"candidatesTokenCount": 1304, "candidatesTokensDetails": drawn})

    assert usage is not None
    assert (usage.output, usage.image_output, usage.output_tokens) == (14, 1290, 1304)


def test_the_last_figure_of_each_field_counts() -> None:
    usage = told(
        {"promptTokenCount": 9, "cachedContentTokenCount": 4},
        {"promptTokenCount": 9, "candidatesTokenCount": 1},
        {"promptTokenCount": 9, "candidatesTokenCount": 22},
        {"promptTokenCount": 9, "candidatesTokenCount": None},
        {},
        None,
    )

    assert usage is not None
    assert (usage.input, usage.cache_read, usage.output) == (5, 4, 22)
    assert usage.raw is not None
    assert json.loads(usage.raw)["cachedContentTokenCount"] == 4


def test_the_raw_text_is_the_providers_own_where_one_object_says_it_all() -> None:
    assert told(b'{ "promptTokenCount":  9 }') == Usage(input=9, raw='{ "promptTokenCount":  9 }')


def test_figures_may_come_after_they_were_asked_for() -> None:
    counting = tally.UsageTally()
    for count in (1, 2):
        counting.pending.append(Raw(b'{"promptTokenCount":%d}' % count))
        usage = counting.usage()
        assert usage is not None
        assert usage.input == count


@pytest.mark.parametrize("odd", [b"5", b"[]", b'"x"', b"", b"null", b"{"])
def test_what_is_no_usage_tells_nothing(odd: bytes) -> None:
    assert told(odd) is None


@pytest.mark.parametrize("odd", [-1, True, "5", 1 << 60, 1.5, [], {}])
def test_a_figure_that_is_none_counts_nothing(odd: object) -> None:
    usage = told({"promptTokenCount": odd, "promptTokensDetails": odd, "candidatesTokenCount": 3.0})

    assert usage is not None
    assert (usage.input_tokens, usage.output) == (0, 3)
