"""Where the text of a second answer goes on behind that of a first, which was cut.

The second was asked to go on behind the first without its last blanks, which some providers refuse
there. So it may begin with them, and at some providers with all of the first again; what has been
handed out already is taken off, in whatever pieces the text comes.
"""

from __future__ import annotations


class Seam:
    """One continuation. Feed it the pieces of text, then ask for the `rest`."""

    __slots__ = ("_blanks", "_held", "_repeated")

    def __init__(self, written: str, *, repeats: bool = False) -> None:
        """`written` was handed out; with `repeats` the answer may begin with it again."""
        sent = written.rstrip()
        self._blanks = written[len(sent) :]
        self._repeated = sent if repeats else ""
        self._held = ""

    def feed(self, text: str) -> str:
        """What of `text` is new; nothing while that is not certain."""
        if self._repeated:
            text = self._held + text
            self._held = ""
            if text.startswith(self._repeated):
                text = text[len(self._repeated) :]
            elif self._repeated.startswith(text):
                self._held = text
                return ""
            self._repeated = ""
        return self._without_blanks(text) if self._blanks else text

    def rest(self) -> str:
        """What was held back until the end: it was no repetition."""
        held, self._held, self._repeated = self._held, "", ""
        return self._without_blanks(held)

    def _without_blanks(self, text: str) -> str:
        blanks = self._blanks
        same = 0
        for one, other in zip(blanks, text, strict=False):
            if one != other:
                break
            same += 1
        ended = same < len(text)
        self._blanks = "" if ended else blanks[same:]
        return text[same:]
