"""How long leases are, and when they are prolonged."""

from __future__ import annotations

import pytest

from fairlead.policies.lease import lease_of, prolonged_after


@pytest.mark.parametrize(
    ("left", "most", "lease"),
    [(600.0, None, 605.0), (600.0, 30.0, 30.0), (3.0, 30.0, 8.0), (-9.0, None, 5.0)],
)
def test_a_lease_outlives_the_call_unless_it_is_set(left, most, lease) -> None:
    assert lease_of(left, 5.0, most) == lease


@pytest.mark.parametrize(("lease", "after"), [(605.0, 600.0), (30.0, 25.0), (8.0, 4.0), (1.0, 0.5)])
def test_it_is_prolonged_before_its_end_and_never_all_the_time(lease, after) -> None:
    assert prolonged_after(lease, 5.0) == after


@pytest.mark.parametrize("left", [0.0, 1.0, 60.0, 3600.0])
def test_a_call_of_a_minute_or_more_that_ends_in_time_prolongs_nothing(left) -> None:
    assert prolonged_after(lease_of(left, 60.0), 60.0) >= left or left < 60
    assert prolonged_after(lease_of(left, 60.0), 60.0) >= min(left, 30.0)
