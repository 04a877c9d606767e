"""What errors tell beside their sentence."""

from __future__ import annotations

import pytest

from fairlead.errors import AllTargetsFailed, BreakerOpen, FairleadError, LimitExceeded, ServerError

DOWN = ServerError("down", status=500, target="one/m")
RESTING = BreakerOpen("resting", target="two/m", retry_after=30.0)
FULL = LimitExceeded("full", target="three/m", retry_after=2.0)


@pytest.mark.parametrize(
    ("said", "soonest"), [([DOWN], None), ([DOWN, RESTING], 30.0), ([RESTING, FULL, DOWN], 2.0)]
)
def test_a_group_may_be_tried_again_when_the_first_of_its_targets_may(
    said: list[FairleadError], soonest: float | None
) -> None:
    assert AllTargetsFailed("none answered", said).retry_after == soonest
