"""What the caller adds to the body, in every dialect alike."""

from __future__ import annotations

import json

import pytest
from tests.dialects.encoding import DIALECTS, encode

from fairlead.errors import InvalidRequest


@DIALECTS
def test_extra_body_goes_behind_the_body_and_collides_with_none_of_it(dialect) -> None:
    body = json.loads(encode(dialect, extra_body={"novel": {"a": 1}}).body)

    assert list(body)[-1] == "novel"
    first = next(iter(body))
    with pytest.raises(InvalidRequest, match=f"'{first}'"):
        encode(dialect, extra_body={first: "other"})
    with pytest.raises(InvalidRequest, match="JSON"):
        encode(dialect, extra_body={"novel": object()})
