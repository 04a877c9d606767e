"""What is wrong with a setting is said in the words of the file, with what to write instead."""

from __future__ import annotations

from typing import Literal

import msgspec
import pytest

from fairlead.settings.wording import in_plain_words


def said(value: object, kind: object) -> str:
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert(value, kind)
    return in_plain_words(str(caught.value), kind)


@pytest.mark.parametrize(
    ("value", "kind", "sentence"),
    [
        (3, str, "must be text, not a whole number"),
        (3, str | None, "must be text, not a whole number"),
        ("x", float, "must be a number, not text"),
        ("x", bool, "must be true or false, not text"),
        (True, tuple[str, ...] | str | None, "must be text or a list, not true or false"),
        ([], dict[str, str], "must be a table, not a list"),
    ],
)
def test_a_value_of_the_wrong_type_is_told_what_it_must_be(
    value: object, kind: object, sentence: str
) -> None:
    assert said(value, kind) == sentence


def test_a_word_that_is_no_choice_is_told_the_choices_and_the_nearest() -> None:
    kind = Literal["openai_chat", "gemini"] | None

    assert said("openai", kind) == (
        "there is no 'openai'; did you mean openai_chat? it is one of openai_chat, gemini"
    )
    assert "did you mean" not in said("zzz", kind)


def test_what_is_not_known_here_stays_as_it_was() -> None:
    assert in_plain_words("Object contains something odd", str) == "object contains something odd"
