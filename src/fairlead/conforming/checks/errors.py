"""Errors: the status that fits, in the protocol's shape, before a stream begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fairlead.conforming.check import Said, check, failed, judged, passed, skipped, warned

if TYPE_CHECKING:
    from fairlead.conforming.answer import Answer
    from fairlead.conforming.peer import Peer

_AREA = "errors"
_BROKEN = b'{"model": "m", "messages": ['
_NOBODY = "no-such-model-7f3a"
_WRONG_KEY = "sk-of-nobody-7f3a"
_MANY_WORDS = 300_000


@check(_AREA, "bad JSON", "a body that is not JSON is refused with 400", "errors")
def bad_json(peer: Peer) -> Said:
    return _refused(peer.send(_BROKEN), (400,))


@check(_AREA, "wrong type", "a field of the wrong type is refused with 400", "errors")
def wrong_type(peer: Peer) -> Said:
    return _refused(peer.send(_mistyped(peer)), (400,))


@check(_AREA, "before the stream", "what is refused has an error status, streamed or not", "errors")
def before_the_stream(peer: Peer) -> Said:
    return _refused(peer.send(_mistyped(peer, stream=True), stream=True), (400,))


@check(_AREA, "unknown model", "a model that does not exist is refused with 404 or 400", "errors")
def unknown_model(peer: Peer) -> Said:
    return _refused(peer.send(peer.fields() | {"model": _NOBODY}), (404, 400))


@check(_AREA, "missing key", "a request without a key is refused with 401", "key")
def missing_key(peer: Peer) -> Said:
    if not peer.keyed:
        return skipped("no key was given, so none seems to be needed")
    return _refused(peer.send(peer.fields(), keyless=True), (401,))


@check(_AREA, "wrong key", "a key that nobody has is refused with 401", "key")
def wrong_key(peer: Peer) -> Said:
    if not peer.keyed:
        return skipped("no key was given, so none seems to be needed")
    return _refused(peer.send(peer.fields(), key=_WRONG_KEY), (401,))


@check(_AREA, "too long", "a prompt beyond the model's window is refused with 400", "errors")
def too_long(peer: Peer) -> Said:
    if not peer.costly:
        return skipped(f"asks with {_MANY_WORDS:,} words, which may be billed; allow it as costly")
    answer = peer.send(peer.fields(prompt="word " * _MANY_WORDS))
    if answer.ok:
        return warned(f"took {_MANY_WORDS:,} words: the window is larger, or the prompt was cut")
    return _refused(answer, (400, 413))


@check(_AREA, "shape", "an error is JSON of the protocol's own shape", "errors")
def shape(peer: Peer) -> Said:
    seen = [peer.send(_BROKEN), peer.send(_mistyped(peer))]
    refused = [answer for answer in seen if not answer.ok]
    if not refused:
        return skipped("nothing was refused")
    for answer in refused:
        problem = peer.protocol.error_problem(answer.data)
        if problem is not None:
            return failed(f"the {answer.status} is malformed, {problem}: {answer.excerpt}")
    return passed(f"{len(refused)} errors have it")


@check(_AREA, "content type", "an error is labelled application/json", "http")
def content_type(peer: Peer) -> Said:
    answer = peer.send(_BROKEN)
    if answer.ok:
        return skipped("nothing was refused")
    wrong = f"the {answer.status} is labelled {answer.kind or 'nothing'}"
    return judged(None if answer.kind == "application/json" else wrong, "it is")


CHECKS = (
    bad_json,
    wrong_type,
    before_the_stream,
    unknown_model,
    missing_key,
    wrong_key,
    too_long,
    shape,
    content_type,
)


def _mistyped(peer: Peer, *, stream: bool = False) -> dict[str, object]:
    return peer.fields(stream=stream) | {peer.protocol.limit_field: {"many": True}}


def _refused(answer: Answer, expected: tuple[int, ...]) -> Said:
    wanted = " or ".join(map(str, expected))
    if answer.status in expected:
        return passed(f"answered {answer.status}")
    if 400 <= answer.status < 500:
        return warned(f"answered {answer.status}, not {wanted}: {answer.excerpt}")
    return failed(f"answered {answer.status}, not {wanted}: {answer.excerpt}")
