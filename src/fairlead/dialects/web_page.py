"""What a web page says that came where an answer of the API belongs, in a few words.

Such pages are written by what stands before a service: a gateway, a firewall, a sign-in.
"""

from __future__ import annotations

import html
import re

_BEGINS = re.compile(
    rb"\s*(?:<!--.{0,500}?-->\s*)?<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL
)
_TITLE = re.compile(r"<(?:title|h1)\b[^<>]*>\s*([^<]*[^<\s])", re.IGNORECASE)
_UNSAID = re.compile(r"<(script|style)\b.*?(?:</\1>|\Z)|<[^<>]*>?", re.IGNORECASE | re.DOTALL)
_LOOKED_AT = 8192
_MOST_WORDS = 12


def is_web_page(body: bytes) -> bool:
    """Whether `body` is HTML."""
    return _BEGINS.match(body.removeprefix(b"\xef\xbb\xbf")) is not None


def words_of(body: bytes) -> str:
    """The page's title, else its first words; what it is where it has none."""
    text = body[:_LOOKED_AT].decode("utf-8", "replace")
    title = _TITLE.search(text)
    words = html.unescape(title[1] if title else _UNSAID.sub(" ", text)).split()
    said = " ".join(words[:_MOST_WORDS]) + (" ..." if len(words) > _MOST_WORDS else "")
    shown = "".join(character for character in said if character.isprintable())
    return f"a web page came, not an answer: {shown}" if shown else "a web page came, not an answer"


def remedy(status: int) -> str:
    """What to do about a page that came with `status`."""
    if status >= 500:
        return "the service, or what stands before it, is down; try again later"
    return "check the base URL, and whether a proxy, firewall or sign-in page stands in between"
