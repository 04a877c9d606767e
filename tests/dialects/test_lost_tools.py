"""Tools that only another protocol has are left out where the caller allows it.

The choice among them goes too: "tool_choice is only allowed when tools are specified".
"""

from __future__ import annotations

import json

import pytest

from fairlead.dialects.registry import CHAT_DIALECTS, dialect_named
from fairlead.types.messages import Message
from fairlead.types.requests import ChatRequest
from fairlead.types.targets import Target
from fairlead.types.tools import ProviderTool

SEARCH = ProviderTool("another_protocol", {"type": "web_search"})
CHOICES = ("tool_choice", "toolChoice", "toolConfig", "tools")


@pytest.mark.parametrize("name", [name for name in CHAT_DIALECTS if name != "ag_ui"])
@pytest.mark.parametrize("choice", ["auto", "required"])
def test_a_choice_among_tools_that_were_all_left_out_is_not_sent(name: str, choice: str) -> None:
    request = ChatRequest("m", (Message.user("hi"),), (SEARCH,), tool_choice=choice)  # type: ignore[arg-type]
    target = Target("p", "m", "chat", name, "https://p.example/v1/chat")

    sent = dialect_named(name).encode(request, target, stream=False, unsupported="drop")

    assert isinstance(sent.body, bytes)
    assert [key for key in CHOICES if key in json.loads(sent.body)] == []
    assert sent.dropped
