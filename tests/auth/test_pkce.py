"""The proof that whoever brings the code is whoever asked for it."""

from __future__ import annotations

import json
import re

import pytest
from tests.conformance.corpus import CORPUS

from fairlead.auth.pkce import challenge_of, new_state, new_verifier, same_state
from fairlead.auth.secret import Secret

VECTOR = CORPUS / "standards" / "rfc7636_pkce.json"


@pytest.mark.skipif(not VECTOR.is_file(), reason=f"the vectors of RFC 7636 are not at {VECTOR}")
def test_the_challenge_is_that_of_rfc_7636() -> None:
    vector = json.loads(VECTOR.read_text())
    assert challenge_of(Secret(vector["code_verifier"])) == vector["code_challenge"]


def test_the_challenge_of_a_known_verifier_is_its_digest_without_padding() -> None:
    # printf %043d 0 | tr 0 a | openssl dgst -sha256 -binary | basenc --base64url
    assert challenge_of(Secret("a" * 43)) == "ZtNPunH49FD35FWYhT5Tv8I7vRKQJ8uxMaL0_9eHjNA"


def test_verifiers_are_fresh_and_of_the_allowed_length_and_letters() -> None:
    verifiers = {new_verifier().reveal() for _ in range(50)}
    assert len(verifiers) == 50
    assert all(re.fullmatch(r"[A-Za-z0-9._~-]{43,128}", verifier) for verifier in verifiers)


def test_states_are_fresh_and_need_no_escapes() -> None:
    states = {new_state() for _ in range(50)}
    assert len(states) == 50
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", state) for state in states)


def test_a_state_is_only_the_same_as_itself() -> None:
    state = new_state()
    assert same_state(state, state)
    assert not same_state(state[:-1], state)
    assert not same_state("", state)
    assert not same_state("ä", state)
