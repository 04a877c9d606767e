"""What is said of a wrong answer, and of a schema that a provider refuses."""

from __future__ import annotations

import pytest

from fairlead.extraction.answer import Fault
from fairlead.extraction.verdicts import correction, refused_place


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


@pytest.mark.parametrize(
    ("said", "place"),
    [
        (
            "Invalid schema for 'Book': In context=('properties', 'year'), 'minimum' is not",
            "$.year",
        ),
        (
            "Invalid schema: In context=('properties', 'tags', 'items', 'properties', 'at'), no",
            "$.tags.at",
        ),
        (
            "* GenerateContentRequest.generation_config.response_schema.properties[year].format",
            "$.year",
        ),
        ("output_config.format.schema: properties.title: Unknown keyword", "$.title"),
        ("Invalid schema: In context=(), 'required' is required", None),
        ("the model is overloaded", None),
    ],
)
def test_the_field_that_a_provider_refused_is_found_in_its_words(said, place) -> None:
    assert refused_place(said) == place
