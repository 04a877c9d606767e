"""Takes what is secret out of requests and answers before they are written to a tape.

Bodies keep their length, and so their chunks: a secret becomes as many stars.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import accumulate
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from msgspec.structs import replace

from fairlead.tapes.exchange import Answer, Chunk, Exchange, Failure, Pairs, TapedRequest, kind_of
from fairlead.tapes.secrets import Secrets
from fairlead.types.http import REDACTED, redact

_KEPT = frozenset(
    {
        "accept", "accept-encoding", "anthropic-beta", "anthropic-version", "content-encoding",
        "content-type", "editor-version", "openai-beta", "user-agent", "x-amz-target",
        "x-goog-api-client", "x-github-api-version",
    }
)  # fmt: skip
"""Request headers whose values are written down. All others may carry a key: one never knows."""
_KEY_LENGTH = 16
_NAMES = (
    r"access_?token|refresh_?token|id_?token|session_?token|client_?secret|secret_?access_?key"
    r"|client_assertion|subject_token|assertion|(?:x-)?api[-_]?key|private_?key|authorization"
    r"|pass(?:word|wd)|device_code|code_verifier"
)
_FORM_NAMES = _NAMES + r"|code|token|sig|signature|key|credential"
_IN_JSON = re.compile(rf'(?i)"(?:{_NAMES})"\s*:\s*"((?:[^"\\]|\\.)+)"')
_NESTED = re.compile(r'"client_secret"\s*:\s*\{[^{}]*?"value"\s*:\s*"([^"]+)"')
_LONG_TOKEN = re.compile(r'"token"\s*:\s*"([^"\s\\]{20,})"')
_IN_XML = re.compile(r"(?i)<(?:SecretAccessKey|SessionToken|AccessKeyId)>([^<]+)<")
_IN_FORM = re.compile(rf"(?i)(?:^|&)(?:{_FORM_NAMES})=([^&]+)")
_IN_QUERY = re.compile(rf"(?i)(?:{_FORM_NAMES}|x-(?:amz|goog)-[\w-]+)=([^&]+)")
_SHAPED = re.compile(
    r"(?<![\w-])((?:sk|pk|rk|xai|pplx|nvapi|csk|ek)-[\w-]{16,}|(?:gsk|hf|gh[opsu]|r8|ek)_\w{16,}"
    r"|AIza[\w-]{30,}|A[KS]IA[A-Z0-9]{16}|eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,})"
)
_FORM = "application/x-www-form-urlencoded"
_DIGITS = re.compile(r"[0-9.]{1,12}[a-z]{0,2}")


class Scrubber:
    """Knows the secrets of one recording, and learns those that pass by."""

    def __init__(self, secrets: Secrets) -> None:
        self.secrets = secrets

    def scrubbed(self, exchange: Exchange) -> Exchange:
        """`exchange` without what is secret."""
        request, answer, ending = exchange.request, exchange.answer, exchange.ending
        self._learn(request.headers)
        if answer is not None:
            self._learn(answer.headers, only_named=True)
        request = self.request(request)
        answer = None if answer is None else self._answer(answer)
        if ending.failure is not None:
            ending = replace(ending, failure=self._failure(ending.failure))
        return Exchange(request, answer, ending)

    def request(self, request: TapedRequest) -> TapedRequest:
        """A request without what is secret: as it stands on a tape, or as one is looked for."""
        body = request.body
        if isinstance(body, bytes):
            body = self.body(body, kind_of(request.headers))
        headers = tuple(
            (name, self.text(value) if name.lower() in _KEPT else REDACTED)
            for name, value in request.headers
        )
        return TapedRequest(request.method, self.url(request.url), headers, body)

    def url(self, url: str) -> str:
        """`url` without the values of its query that sign it or are keys, and without a user."""
        parts = urlsplit(url)
        for value in _IN_QUERY.findall(parts.query):
            self.secrets.learn(unquote(value))
        query = _IN_QUERY.sub(_short_stars, parts.query)
        place = parts.netloc.rpartition("@")[2]
        whole = urlunsplit((parts.scheme, place, parts.path, query, ""))
        return quote(self.text(whole), safe="!#$%&'()*+,/:;=?@[]~")

    def text(self, text: str) -> str:
        """`text` with known secrets, and what has the shape of one, in stars."""
        return _SHAPED.sub(_stars, self.secrets.hidden(text))

    def body(self, data: bytes, kind: str = "") -> bytes:
        """`data` with what is secret in stars, of the same length."""
        text = data.decode("latin-1")  # one character for each byte
        patterns = [_IN_JSON, _NESTED, _LONG_TOKEN, _IN_XML]
        if kind == _FORM:
            patterns.append(_IN_FORM)
        for pattern in patterns:
            for value in pattern.findall(text):
                self.secrets.learn(unquote(value) if pattern is _IN_FORM else value)
            text = pattern.sub(_stars, text)
        return self.text(text).encode("latin-1")

    def _answer(self, answer: Answer) -> Answer:
        headers = tuple(
            (name, kept if _DIGITS.fullmatch(value) else self.text(shown))
            for (name, value), (_, shown), kept in zip(
                answer.headers, redact(answer.headers), (v for _, v in answer.headers), strict=True
            )
        )
        return replace(answer, headers=headers, chunks=self._chunks(answer))

    def _chunks(self, answer: Answer) -> tuple[Chunk, ...]:
        """The chunks where they were, of the whole body scrubbed: a secret may span several."""
        body, kind = answer.body, kind_of(answer.headers)
        clean = self.body(body, kind)
        if clean == body:
            return answer.chunks
        return tuple(
            Chunk(chunk.at, clean[end - len(chunk.data) : end])
            for chunk, end in zip(answer.chunks, _ends(answer.chunks), strict=True)
        )

    def _failure(self, failure: Failure) -> Failure:
        return replace(failure, message=self.text(failure.message))

    def _learn(self, headers: Pairs, *, only_named: bool = False) -> None:
        """What a header of that name or that length carries is a secret from now on."""
        for (name, value), (_, shown) in zip(headers, redact(headers), strict=True):
            named = shown != value and not _DIGITS.fullmatch(value)
            unknown = name.lower() not in _KEPT and _is_long(value) and not only_named
            if named or unknown:
                self.secrets.learn_header(value)


def _is_long(value: str) -> bool:
    return len(value) >= _KEY_LENGTH and " " not in value.strip()


def _ends(chunks: tuple[Chunk, ...]) -> Iterator[int]:
    return accumulate(len(chunk.data) for chunk in chunks)


def _stars(found: re.Match[str]) -> str:
    """The match with its group in stars."""
    begin, end = found.start(1) - found.start(), found.end(1) - found.start()
    return found[0][:begin] + "*" * (end - begin) + found[0][end:]


def _short_stars(found: re.Match[str]) -> str:
    return found[0][: found.start(1) - found.start()] + REDACTED
