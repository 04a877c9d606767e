"""One exchange as text and back: a head, the bodies as lines, and an end without which it is torn.

fairlead tape 1
request POST https://api.example.com/v1/chat/completions
  content-type: application/json
body
  :{"model":"m"}
answer 200 http/2 at 0.312000
  content-type: text/event-stream
chunk at 0.312500
  |data: {"text":"Hi"}
  |
end complete at 0.313000
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from math import inf

from fairlead.errors import ConfigError
from fairlead.tapes.byte_lines import bytes_of, lines_of, quoted, unquoted
from fairlead.tapes.exchange import (
    Answer,
    Chunk,
    Digest,
    Ending,
    Exchange,
    Failure,
    Pairs,
    Phase,
    TapedRequest,
)

VERSION = 1
_FIRST = "fairlead tape "
_INDENT = "  "
_NO_VERSION = "-"
_NUMBER = re.compile(r"[0-9]{1,9}")
_STATUS = re.compile(r"[1-9][0-9][0-9]")
_PHASES: tuple[Phase, ...] = ("first_event", "idle", "progress")


def written(exchange: Exchange) -> str:
    """`exchange` as the text of a file."""
    return "".join(f"{line}\n" for line in _lines(exchange))


def _lines(exchange: Exchange) -> Iterator[str]:
    request, answer, ending = exchange.request, exchange.answer, exchange.ending
    yield f"{_FIRST}{VERSION}"
    yield f"request {request.method} {request.url}"
    yield from _head(request.headers)
    if isinstance(request.body, Digest):
        yield f"digest {request.body.sha256} {request.body.size}"
    elif request.body is not None:
        yield "body"
        yield from (_INDENT + line for line in lines_of(request.body))
    if answer is not None:
        yield f"answer {answer.status} http/{answer.http_version or _NO_VERSION} at {answer.at:.6f}"
        yield from _head(answer.headers)
        for chunk in answer.chunks:
            yield f"chunk at {chunk.at:.6f}"
            yield from (_INDENT + line for line in lines_of(chunk.data))
    if ending.failure is not None:
        yield from _failure(ending.failure)
    yield f"end {ending.how} at {ending.at:.6f}"


def _head(headers: Pairs) -> Iterator[str]:
    return (f"{_INDENT}{_name(name)}: {quoted(value)}" for name, value in headers)


def _name(name: str) -> str:
    return json.dumps(name) if ":" in name else quoted(name)


def _failure(failure: Failure) -> Iterator[str]:
    flags = [word for word in ("sent", "fatal") if getattr(failure, word)]
    yield " ".join(["failure", failure.kind, failure.phase, *flags])
    yield f"{_INDENT}{quoted(failure.message)}"


def read(text: str, name: str) -> Exchange:
    """The exchange in `text`, which `name` names in errors. Raises `ConfigError`."""
    first, _, rest = text.partition("\n")
    _check_version(first, name)
    try:
        return _Reader(rest).exchange()
    except _Torn:
        raise ConfigError(
            f"{name} is half written: its last line is missing; delete the file, and record again"
        ) from None
    except (ValueError, IndexError) as error:
        raise ConfigError(
            f"{name} cannot be read as a tape ({error}); delete the file, and record again"
        ) from None


def _check_version(first: str, name: str) -> None:
    version = first.removeprefix(_FIRST)
    if first.endswith("\r"):
        raise ConfigError(
            f"the line endings of {name} were changed, so its bytes are not those that were "
            "recorded; check it out anew with the tape's .gitattributes"
        )
    if version == first or not _NUMBER.fullmatch(version):
        raise ConfigError(f"{name} is no tape: its first line is not '{_FIRST}{VERSION}'")
    if int(version) != VERSION:
        raise ConfigError(
            f"{name} is a tape of version {version}, and this fairlead reads version {VERSION}; "
            "update fairlead, or record again"
        )


class _Torn(Exception):
    """The text ends before the exchange does."""


class _Reader:
    """Reads line by line; any `ValueError` or `IndexError` means that the text is damaged."""

    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")
        self._lines.pop()  # nothing, or what of a last line was written
        self._at = 0

    def exchange(self) -> Exchange:
        request = self._request()
        answer = self._answer() if self._next_is("answer") else None
        failure = self._failure() if self._next_is("failure") else None
        _, how, _, at = self._words("end", 4)
        if self._at != len(self._lines):
            raise ValueError("something stands behind its end")
        return Exchange(request, answer, _ending(how, _instant(at), answer, failure))

    def _request(self) -> TapedRequest:
        _, method, url = self._words("request", 3)
        headers = self._head()
        body: bytes | Digest | None = None
        if self._next_is("digest"):
            _, digest, size = self._words("digest", 3)
            body = Digest(digest, int(size))
        elif self._next_is("body"):
            self._at += 1
            body = bytes_of(self._block())
        return TapedRequest(method, url, headers, body)

    def _answer(self) -> Answer:
        _, status, version, _, at = self._words("answer", 5)
        headers = self._head()
        chunks: list[Chunk] = []
        while self._next_is("chunk"):
            _, _, when = self._words("chunk", 3)
            chunks.append(Chunk(_instant(when), bytes_of(self._block())))
        http_version = version.removeprefix("http/").removeprefix(_NO_VERSION)
        return Answer(_status(status), _instant(at), http_version, headers, tuple(chunks))

    def _failure(self) -> Failure:
        _, kind, phase, *flags = self._line().split(" ")
        (message,) = self._block()
        sent, fatal = "sent" in flags, "fatal" in flags
        for known in _PHASES:
            if phase == known:
                return Failure(kind, unquoted(message), sent, known, fatal)
        raise ValueError(f"there is no phase {phase!r}")

    def _head(self) -> Pairs:
        return tuple(_pair(line) for line in self._block())

    def _block(self) -> list[str]:
        """The indented lines that follow."""
        begin = self._at
        while self._at < len(self._lines) and self._lines[self._at].startswith(_INDENT):
            self._at += 1
        return [line[len(_INDENT) :] for line in self._lines[begin : self._at]]

    def _next_is(self, word: str) -> bool:
        if self._at == len(self._lines):
            raise _Torn
        return self._lines[self._at].partition(" ")[0] == word

    def _words(self, first: str, count: int) -> list[str]:
        words = self._line().split(" ")
        if words[0] != first or len(words) != count:
            raise ValueError(f"a line of {first!r} is not as it should be")
        return words

    def _line(self) -> str:
        if self._at == len(self._lines):
            raise _Torn
        line = self._lines[self._at]
        self._at += 1
        return line


def _instant(word: str) -> float:
    seconds = float(word)
    if not 0 <= seconds < inf:
        raise ValueError("an instant is not a number of seconds")
    return seconds


def _status(word: str) -> int:
    if not _STATUS.fullmatch(word):
        raise ValueError("a status is not a number of three digits")
    return int(word)


def _ending(how: str, at: float, answer: Answer | None, failure: Failure | None) -> Ending:
    if failure is not None and how == "failed":
        return Ending("failed", at, failure)
    if failure is None and answer is not None:
        if how == "complete":
            return Ending("complete", at)
        if how == "left":
            return Ending("left", at)
    raise ValueError("its end does not fit what stands before it")


def _pair(line: str) -> tuple[str, str]:
    if line.startswith('"'):
        name, end = json.JSONDecoder().raw_decode(line)
        rest = line[end:]
        if not isinstance(name, str) or not rest.startswith(": "):
            raise ValueError("a header is not as it should be")
        return name, unquoted(rest[2:])
    name, colon, value = line.partition(": ")
    if not colon:
        raise ValueError("a header is not as it should be")
    return name, unquoted(value)
