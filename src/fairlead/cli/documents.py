"""`--document`: sources for an answer, which cites them."""

from __future__ import annotations

from collections.abc import Sequence

from fairlead.attachments import text_of
from fairlead.cli.prompt import checked_word
from fairlead.errors import InvalidRequest
from fairlead.types.media import media_type_of
from fairlead.types.messages import Document
from fairlead.types.paths import path_of


def documents(given: Sequence[str]) -> list[Document]:
    """Files under their names, and texts. Raises `InvalidRequest` for a file that is no text."""
    return [_document(checked_word(item)) for item in given]


def _document(given: str) -> Document:
    path = path_of(given)
    try:
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        # A single word is the name of a file, so that a slip of the pen is no document.
        if len(given.split()) > 1:
            return Document(given)
        reason = getattr(error, "strerror", None) or error
        raise InvalidRequest(
            f"the document {given} cannot be read: {reason}; a text has more than one word"
        ) from None
    if (kind := media_type_of(data)) is not None:
        raise InvalidRequest(f"{given} is {kind}, and a document is text; attach it with -a")
    text = text_of(data, given)
    if not text.strip():
        raise InvalidRequest(f"the document {given} is empty")
    return Document(text, title=path.name)
