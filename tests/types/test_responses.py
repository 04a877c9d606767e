"""What an answer shows of itself."""

from __future__ import annotations

from fairlead.types.responses import RawResponse


def test_a_raw_answer_shows_its_size_and_not_what_it_holds() -> None:
    headers = (("set-cookie", "session=1"), ("content-type", "application/json"))

    assert (
        repr(RawResponse(200, headers, bytes(9999))) == "RawResponse(200, 2 headers, 9,999 bytes)"
    )
    assert repr(RawResponse(200, ())) == "RawResponse(200, 0 headers, no body)"
