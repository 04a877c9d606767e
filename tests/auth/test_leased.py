"""What a place says of itself between renewals."""

from __future__ import annotations

import pytest
from tests.auth.flows import Dialogue

from fairlead.auth.leased import Lease, Leased, TokenSource
from fairlead.auth.secret import Secret
from fairlead.ports import Flow


def place(lease: Lease | None, *, named: bool | None = True) -> Leased:
    def grant(wall: float) -> Flow[Lease | None]:
        yield from ()
        return lease

    return Leased("a place", grant, named=lambda: named, random=lambda: 0.0)


def renew(leased: Leased, wall: float) -> None:
    renewal = leased.renewal(wall)
    assert renewal is not None
    Dialogue().run(renewal.flow())


@pytest.mark.parametrize(("named", "present"), [(True, True), (None, False), (False, False)])
def test_before_the_first_renewal_only_a_named_place_is_present(named, present) -> None:
    leased = place(Lease("x"), named=named)

    assert leased.present is present
    assert (leased.renewal(0.0) is None) is (named is False)


def test_a_place_that_may_be_there_is_present_once_it_gave_something() -> None:
    leased = place(Lease("x"), named=None)
    renew(leased, 0.0)

    assert leased.present
    assert leased.value == "x"


@pytest.mark.parametrize(
    ("life", "due", "required"),
    [
        (3600.0, 3240.0, 3590.0),  # a tenth of an hour before
        (1800.0, 1500.0, 1790.0),  # five minutes before
        (100.0, 50.0, 90.0),  # half of a short life
        (20.0, 10.0, 18.0),
    ],
)
def test_a_renewal_comes_early_and_is_required_at_the_end(life, due, required) -> None:
    leased = place(Lease("x", life))
    renew(leased, 0.0)

    assert leased.renewal(due - 1) is None
    assert not leased.renewal(due).required
    assert leased.renewal(required).required


def test_what_has_no_end_is_looked_at_again_without_need() -> None:
    leased = place(Lease("x", again=60.0))
    renew(leased, 0.0)

    assert leased.renewal(59.0) is None
    assert not leased.renewal(60.0).required


def test_a_refused_secret_has_to_be_renewed() -> None:
    leased = place(Lease("x", 3600.0))
    renew(leased, 0.0)

    assert leased.rejected(1.0)
    assert leased.renewal(1.0).required


def test_a_refused_secret_without_an_end_is_read_again_for_the_next_call_only() -> None:
    leased = place(Lease("x", again=60.0))
    renew(leased, 0.0)

    assert not leased.rejected(1.0)
    assert leased.renewal(1.0).required


def test_nothing_can_be_refused_where_nothing_is_held() -> None:
    assert not place(None).rejected(0.0)


def test_a_token_shows_nowhere() -> None:
    source = TokenSource("a place", place(Lease(Secret("canary")))._grant, named=lambda: True)
    renew(source, 0.0)

    assert source.read().reveal() == "canary"
    assert "canary" not in repr(source)


@pytest.mark.fault("P11")
def test_a_clock_that_was_set_back_keeps_no_refused_secret_in_use() -> None:
    leased = place(Lease("x", 10_000.0))
    renew(leased, 5000.0)

    assert leased.renewal(1000.0) is None
    assert leased.rejected(1000.0)
    assert leased.renewal(1001.0).required
