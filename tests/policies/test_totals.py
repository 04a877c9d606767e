"""Several answers counted as one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from fairlead import Usage
from fairlead.policies.totals import total_cost, total_usage
from fairlead.types.usage import Cost

ADVICE = Usage(input=7, model="advisor")


def test_every_bucket_is_summed_and_what_stood_beside_stays_apart() -> None:
    buckets = Usage.__struct_fields__[: Usage.__struct_fields__.index("estimated")]
    counts: dict[str, Any] = {name: number for number, name in enumerate(buckets, 1)}
    one = replace(Usage(**counts), raw="{}", others=(ADVICE,))
    two = Usage(input=1, estimated=True, others=(ADVICE,))

    total = total_usage([one, two])

    assert total is not None
    assert total.total_tokens == one.total_tokens + 1
    assert (total.input, total.image_output) == (2, len(buckets))
    assert (total.estimated, total.raw, total.others) == (True, None, (ADVICE, ADVICE))


def test_a_sum_with_an_unknown_part_is_unknown() -> None:
    cost = Cost(Decimal("0.1"), "table")

    assert total_usage([Usage(input=1), None]) is None
    assert total_usage([]) is None
    assert total_cost([cost, None]) is None
    assert total_cost([cost, cost]) == Cost(Decimal("0.2"), "table")
