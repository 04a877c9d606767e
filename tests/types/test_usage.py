from __future__ import annotations

from hypothesis import given, strategies as st

from fairlead.types.usage import Usage

BUCKETS = (
    "input",
    "cache_read",
    "cache_write",
    "cache_write_1h",
    "audio_input",
    "output",
    "reasoning",
    "audio_output",
    "image_output",
)


@given(st.lists(st.integers(0, 10**9), min_size=len(BUCKETS), max_size=len(BUCKETS)))
def test_every_token_is_in_one_bucket_and_in_the_total_once(counts: list[int]) -> None:
    usage = Usage(**dict(zip(BUCKETS, counts, strict=True)))

    assert usage.total_tokens == sum(counts)
    assert usage.input_tokens == sum(counts[:5])
    assert usage.output_tokens == sum(counts[5:])
