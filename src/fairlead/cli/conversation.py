"""What has been said in a chat so far, and what it took."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fairlead.types.messages import Message, Part, Text

if TYPE_CHECKING:
    from fairlead.types.responses import ChatResponse


class Conversation:
    """Turns in order. `attachments` wait for the next message of the user."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.attachments: list[Part] = []
        self.answers = 0
        self.input_tokens = 0
        self.output_tokens = 0

    def say(self, text: str) -> None:
        """The user's turn."""
        self.messages.append(Message("user", (*self.attachments, Text(text))))
        self.attachments = []

    def keep(self, *answer: Message) -> None:
        """The model's turn, whole or as far as it came, with its tools' results between."""
        self.messages.extend(answer)

    def count(self, response: ChatResponse) -> None:
        """Add a finished answer to the account."""
        self.answers += 1
        if response.usage is not None:
            self.input_tokens += response.usage.input_tokens
            self.output_tokens += response.usage.output_tokens

    def undo(self) -> bool:
        """Take back the user's last turn and all after it; whether there was one."""
        for index in range(len(self.messages) - 1, -1, -1):
            if self.messages[index].role == "user":
                del self.messages[index:]
                return True
        return False

    def take_back(self) -> None:
        """The user's turn got no answer: two of them in a row would be refused."""
        last = self.messages.pop()
        self.attachments = list(last.parts[:-1])

    def clear(self) -> None:
        self.messages.clear()
        self.attachments = []

    def markdown(self) -> str:
        """The conversation as a text for people; what is not text is named."""
        return (
            "\n\n".join(f"## {turn.role}\n\n{_text(turn.parts)}" for turn in self.messages) + "\n"
        )


def _text(parts: Sequence[Part]) -> str:
    return "".join(
        part.text if isinstance(part, Text) else f"[{type(part).__name__.lower()}]\n\n"
        for part in parts
    )
