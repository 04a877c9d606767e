"""A secret shows itself to nobody, and refuses what no header can carry."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import pprint
import re
import traceback

import msgspec
import pytest
from hypothesis import example, given, strategies as st

from fairlead.auth.secret import MAX_LENGTH, Secret
from fairlead.errors import ConfigError

CANARY = "sk-canary-0123456789"


def test_the_value_comes_out_through_reveal() -> None:
    assert Secret(CANARY).reveal() == CANARY


@pytest.mark.parametrize(
    "show",
    [
        repr,
        str,
        ascii,
        lambda secret: f"{secret}",
        lambda secret: f"{secret!r:>30}",
        lambda secret: format(secret, ">30"),
        lambda secret: "%s %r" % (secret, secret),  # noqa: UP031  # the old form must hide it too
        lambda secret: pprint.pformat({"key": [secret]}),
        lambda secret: json.dumps({"key": secret}, default=str),
        lambda secret: str(copy.copy(secret)),
        lambda secret: str(copy.deepcopy([secret])),
        lambda secret: str(pickle.dumps(secret)),
        lambda secret: str(secret.__reduce_ex__(2)),
        lambda secret: str(secret.__getstate__()),
    ],
)
@pytest.mark.invariant("I8")
def test_every_way_to_show_it_hides_the_value(show: object) -> None:
    assert callable(show)
    assert CANARY not in show(Secret(CANARY))


def test_it_is_shown_as_three_stars() -> None:
    assert str(Secret(CANARY)) == repr(Secret(CANARY)) == f"{Secret(CANARY)}" == "***"


@pytest.mark.parametrize("encode", [json.dumps, msgspec.json.encode, msgspec.to_builtins, vars])
def test_encoders_and_vars_refuse_it(encode: object) -> None:
    assert callable(encode)
    with pytest.raises(TypeError) as caught:
        encode(Secret(CANARY))
    assert CANARY not in str(caught.value)


def test_a_log_record_hides_it(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("test").warning("the key is %s", Secret(CANARY))
    assert CANARY not in caplog.text


def test_a_copy_works_and_a_pickled_one_says_that_its_value_is_gone() -> None:
    assert copy.deepcopy(Secret(CANARY)).reveal() == CANARY
    with pytest.raises(ConfigError, match="read it again"):
        pickle.loads(pickle.dumps(Secret(CANARY))).reveal()


def test_equality_is_by_value_and_only_between_secrets() -> None:
    assert Secret(CANARY) == Secret(CANARY)
    assert Secret(CANARY) != Secret("other")
    assert Secret(CANARY) != CANARY
    gone = pickle.loads(pickle.dumps(Secret(CANARY)))
    assert gone == gone
    assert gone != Secret(CANARY)


def test_it_has_no_hash() -> None:
    with pytest.raises(TypeError):
        hash(Secret(CANARY))


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("", "is empty"),
        (f"{CANARY}\n", "line break"),
        (f'"{CANARY}"', "between quotes"),
        (f"{CANARY}\r\nx-evil: 1", "line break"),
        (f"{CANARY}\x00", "control character"),
        (f"{CANARY}\x7f", "control character"),
        (f"{CANARY}…", "outside ASCII"),
        (f" {CANARY}", "a space"),
        (CANARY * MAX_LENGTH, "longer"),
    ],
)
def test_what_no_header_can_carry_is_refused_without_showing_it(value: str, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason) as caught:
        Secret(value, what="GROQ_API_KEY")
    shown = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    inner = [frame.locals for frame in shown.stack if frame.filename.endswith("auth/secret.py")]
    assert inner
    assert CANARY not in str(inner)
    assert CANARY not in str(caught.value)
    assert "GROQ_API_KEY" in str(caught.value)


PRINTABLE = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1)
BETWEEN_QUOTES = re.compile(r"([\"']).*\1")


@example("'")
@example("it's")
@given(PRINTABLE.filter(lambda value: not BETWEEN_QUOTES.fullmatch(value)))
def test_every_printable_value_comes_back_unchanged(value: str) -> None:
    assert Secret(value).reveal() == value


@given(st.text())
def test_any_text_is_kept_or_refused_and_nothing_else(value: str) -> None:
    try:
        kept = Secret(value).reveal()
    except ConfigError:
        return
    assert kept == value
    assert "\n" not in kept
    assert kept.isascii()
