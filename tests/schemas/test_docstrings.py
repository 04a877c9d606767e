"""Docstrings are read in the three common styles, and odd ones are all text."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from fairlead.schemas.docstrings import explained

GOOGLE = """Say the weather.

    It may rain.

    Args:
        city (str): the town,
            not the country
        days: how many: 1 to 7
        *rest: others

    Returns:
        str: words
    """
NUMPY = """Say the weather.

    It may rain.

    Parameters
    ----------
    city : str
        the town,
        not the country
    days : int, optional
        how many: 1 to 7

    Returns
    -------
    str
        words
    """
REST = """Say the weather.

    It may rain.

    :param str city: the town,
        not the country
    :param days: how many: 1 to 7
    :type days: int
    :returns: words
    """


@pytest.mark.parametrize("docstring", [GOOGLE, NUMPY, REST], ids=["google", "numpy", "rest"])
def test_each_style_gives_the_text_and_the_parameters(docstring: str) -> None:
    found = explained(docstring)

    assert found.text == "Say the weather.\n\nIt may rain."
    assert found.parameters["city"] == "the town, not the country"
    assert found.parameters["days"] == "how many: 1 to 7"


def test_names_that_share_an_entry_share_its_words() -> None:
    found = explained("Add.\n\nParameters\n----------\na, b : int\n    summands\n")

    assert found.parameters == {"a": "summands", "b": "summands"}


def test_text_behind_a_section_is_no_parameter() -> None:
    assert explained("T.\n\nArgs:\n    a: one\nReturns: b\n").parameters == {"a": "one"}


@pytest.mark.parametrize("docstring", [None, "", "   "])
def test_no_docstring_says_nothing(docstring: str | None) -> None:
    assert explained(docstring) == ("", {})


@given(st.text(alphabet="Args: \n-:param x\tReturns", max_size=80))
def test_any_docstring_can_be_read(docstring: str) -> None:
    found = explained(docstring)

    assert isinstance(found.text, str)
    assert all(found.parameters.values())
