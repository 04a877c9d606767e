"""Documents that an answer shall rest on: blocks at the head of the conversation, which it cites.

They stand before all other documents, so that a citation's index is the place among them.
"""

from __future__ import annotations

from collections.abc import Sequence

from fairlead.dialects.anthropic_messages.conversation import Conversation
from fairlead.dialects.anthropic_messages.options import AnthropicOptions
from fairlead.dialects.anthropic_messages.sources import Block
from fairlead.dialects.block_turns import Turn
from fairlead.types.messages import Document
from fairlead.types.requests import ChatRequest


def cites(request: ChatRequest, options: AnthropicOptions) -> bool | None:
    """Whether documents are cited: all of a request alike, so files too where these are."""
    if options.citations is None and request.documents:
        return True
    return options.citations


def add_documents(
    conversation: Conversation, documents: Sequence[Document], *, cite: bool | None
) -> None:
    """Put the documents before what the user says first."""
    if not documents:
        return
    turn = next((turn for turn in conversation.turns if turn.role == "user"), None)
    if turn is None:
        turn = Turn("user")
        conversation.turns.append(turn)
    turn.blocks[turn.results : turn.results] = [_block(document, cite) for document in documents]


def cited(documents: Sequence[Document], index: int) -> Document | None:
    """The document that a citation is of; None for a file of the conversation."""
    return documents[index] if 0 <= index < len(documents) else None


def _block(document: Document, cite: bool | None) -> Block:
    source = {"type": "text", "media_type": "text/plain", "data": document.text}
    block: Block = {"type": "document", "source": source}
    if document.title is not None:
        block["title"] = document.title
    if document.url is not None:
        block["context"] = document.url
    block["citations"] = {"enabled": bool(cite)}
    return block
