"""Text of strangers made harmless for a terminal: no escape sequences, no control characters.

A model's answer could otherwise move the cursor, set the clipboard (OSC 52), disguise a link
(OSC 8) or reverse the reading order.
"""

from __future__ import annotations

import re

_STRING_START = r"(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])"
# It ends where another one begins, so that no text is gone through more than twice.
_STRING_BODY = r"[^\x07\x1b\x90\x98\x9c-\x9f\n]{0,4096}"
_CONTROL_START = r"(?:\x1b\[|\x9b)[0-?]{0,64}[ -/]{0,8}"
_SEQUENCE = (
    rf"{_CONTROL_START}[@-~]"
    rf"|{_STRING_START}{_STRING_BODY}(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]{0,8}[0-OQ-WYZ\\`-~]"
)
_UNFINISHED = rf"{_CONTROL_START}|{_STRING_START}{_STRING_BODY}\x1b?|\x1b[ -/]{{0,8}}"
# A carriage return alone would let later text overwrite earlier text.
_CHARACTER = "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
_SURROGATE = "[\ud800-\udfff]"

_UNWANTED = re.compile(
    rf"(?P<open>(?:{_UNFINISHED})\Z)|{_SEQUENCE}|{_CHARACTER}|(?P<surrogate>{_SURROGATE})"
)
_CONTROL = re.compile(_CHARACTER)


class Cleaner:
    """Strips text that comes in pieces. A sequence that is split between pieces is held back.

    A sequence that never ends costs only its control characters: no text is hidden for good.
    """

    def __init__(self) -> None:
        self._held = ""

    def feed(self, piece: str) -> str:
        """What of `piece`, and of what was held, can be shown now."""
        text, self._held = self._held + piece, ""
        return _UNWANTED.sub(self._replacement, text)

    def close(self) -> str:
        """What was held back, as far as it is text."""
        held, self._held = self._held, ""
        return _CONTROL.sub("", held)

    def _replacement(self, match: re.Match[str]) -> str:
        if match["open"] is not None:
            self._held = match["open"]
        return "\ufffd" if match["surrogate"] is not None else ""


def printable(text: str) -> str:
    """All of `text`, stripped."""
    cleaner = Cleaner()
    return cleaner.feed(text) + cleaner.close()


def one_line(text: str) -> str:
    """`text` stripped, on one line."""
    return " ".join(printable(text).split())


def escaped_json(text: str) -> str:
    """JSON text with the same characters written as escapes, so that nothing is lost."""
    return _CONTROL.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def excerpt(text: str, length: int) -> str:
    """The beginning of `text` on one line, at most `length` characters."""
    line = one_line(text)
    return line if len(line) <= length else f"{line[: length - 3]}..."
