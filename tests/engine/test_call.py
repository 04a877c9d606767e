"""The record of a call whose copy runs beside it."""

from __future__ import annotations

from fairlead.types.receipts import Attempt


def test_a_doubt_falls_on_its_own_attempt_whatever_a_copy_has_made_since(rig) -> None:
    call, copy = rig.call(), rig.call()
    copy.join(call)
    call.record(Attempt("agent/run", error="ProtocolError: reset"))
    copy.record(Attempt("agent/run", status=500, error="ServerError: no"))

    call.doubt()

    assert [attempt.possibly_billed for attempt in call.attempts] == [True, False]
    assert [attempt.status for attempt in copy.made(0)] == [500]
    assert call.made(1) == []
