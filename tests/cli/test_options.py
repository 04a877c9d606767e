from __future__ import annotations

from typing import get_args

from fairlead.cli.options import typed_options
from fairlead.types.targets import DialectName


def test_every_dialect_has_its_own_options():
    kinds = [type(typed_options({}, dialect)).__name__ for dialect in get_args(DialectName)]
    assert len(set(kinds)) == len(get_args(DialectName))
