"""The page of scorecards can be read back, so that a run can be held against it."""

from __future__ import annotations

from tests.conforming.page import document, kept, verdicts_of

from fairlead import CheckOutcome, Scorecard


def card(dialect: str, *verdicts: str) -> Scorecard:
    outcomes = [
        CheckOutcome("streams", f"check {number}", verdict, "a | b <c>", "says", "source")
        for number, verdict in enumerate(verdicts)
    ]
    return Scorecard("url", dialect, "m1", tuple(outcomes))


def test_what_was_written_is_read_back_by_server_and_dialect() -> None:
    cards = {
        "One": {"b": card("b", "pass", "fail"), "a": card("a", "warn", "skip")},
        "Two": {"a": card("a", "fail", "fail")},
    }
    page = document({"One": "A note.", "Two": "Another."}, cards)

    for title, by_dialect in cards.items():
        assert kept(title, page) == {name: verdicts_of(found) for name, found in by_dialect.items()}
    assert kept("Three", page) == {}
    assert "- streams, check 1: a / b &lt;c>" in page
    assert "`b`: 1 pass, 0 warn, 1 fail, 0 skip." in page
