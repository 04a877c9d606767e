"""What is said of a wrong answer, and of a schema that a provider refuses."""

from __future__ import annotations

from fairlead.extraction.answer import Fault
from fairlead.extraction.verdicts import correction


def test_the_model_is_shown_its_answer_and_what_is_wrong_with_it() -> None:
    shown, told = correction('{"a": 1}', [Fault("expected string", "$.a"), Fault("no JSON")])

    assert (shown.role, shown.text) == ("assistant", '{"a": 1}')
    assert told.role == "user"
    assert "- expected string at $.a\n- no JSON\n" in told.text


def test_an_answer_of_nothing_is_not_shown() -> None:
    (told,) = correction("  ", [Fault("no JSON")])
    assert told.role == "user"


def test_no_more_than_so_much_is_shown() -> None:
    assert len(correction("x" * 100_000, [Fault("too long")])[0].text) == 16_000
