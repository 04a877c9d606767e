from __future__ import annotations

from typing import get_args

from fairlead.cli.options import chat_table, described, parse_options, typed_options
from fairlead.types.targets import DialectName


def test_every_dialect_has_its_own_options():
    kinds = [type(typed_options({}, dialect)).__name__ for dialect in get_args(DialectName)]
    assert len(set(kinds)) == len(get_args(DialectName))


def test_truth_may_have_a_word_of_its_own():
    assert parse_options([("cache", "refresh")]) == {"cache": "refresh"}
    assert parse_options([("cache", "no")]) == {"cache": False}
    assert dict(described())["cache"] == "true | false | refresh"
    assert [key for key, _ in described(chat_table())] == list(chat_table().hints)
