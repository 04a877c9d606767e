"""The protocol's own models accept what is sent, and know every field of it."""

from __future__ import annotations

import pytest
from pydantic import BaseModel
from tests.dialects.ag_ui.building import ASK, MINE, encoded

from fairlead.dialects.ag_ui import AgUiOptions
from fairlead.types.messages import Audio, File, Image, Message, ProviderState, ToolCall, ToolResult
from fairlead.types.requests import ChatRequest

core = pytest.importorskip("ag_ui.core", reason="the ag-ui-protocol package is missing")

CALL = Message.assistant("I look.", ToolCall("c1", "mine"))
PNG = Image(data=b"x", media_type="image/png")
THREAD = ProviderState("ag_ui", '{"threadId":"t1","encryptedValues":{"c1":"x"}}')

REQUESTS = {
    "one message": ChatRequest("m", ASK),
    "system": ChatRequest("m", (Message.system("Be brief."), *ASK)),
    "tools": ChatRequest("m", ASK, tools=(MINE,)),
    "turn": ChatRequest("m", (*ASK, CALL, Message.tool(ToolResult("c1", "no", is_error=True)))),
    "sealed": ChatRequest("m", (*ASK, Message("assistant", CALL.parts, provider_state=THREAD))),
    "media": ChatRequest(
        "m",
        (
            Message.user(
                "See",
                PNG,
                Image(url="https://a.example/i.png"),
                Audio(b"x", "audio/wav"),
                File(data=b"x", media_type="application/pdf", name="a.pdf"),
                File(file_id="f1"),
            ),
        ),
    ),
    "options": ChatRequest(
        "m",
        ASK,
        options=AgUiOptions(
            thread_id="t",
            parent_run_id="p",
            state={"a": 1},
            context=({"description": "page", "value": "home"},),
            resume=({"interruptId": "i", "status": "resolved", "payload": {}},),
        ),
    ),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_the_official_models_accept_the_body(name: str) -> None:
    request = REQUESTS[name]
    sent = encoded(request.messages, tools=request.tools, options=request.options)

    known(core.RunAgentInput.model_validate_json(sent.body))

    assert sent.dropped == ()


def test_a_body_that_is_wrong_would_be_seen() -> None:
    with pytest.raises(ValueError, match="threadId"):
        core.RunAgentInput.model_validate_json(b'{"messages":[]}')
    extra = encoded(extra_body={"novel": 1}).body
    with pytest.raises(AssertionError, match="novel"):
        known(core.RunAgentInput.model_validate_json(extra))


def known(value: object) -> None:
    """No model in `value` has kept a field that it does not name."""
    if isinstance(value, BaseModel):
        assert not value.model_extra, value.model_extra
        for name in type(value).model_fields:
            known(getattr(value, name))
    elif isinstance(value, list):
        for item in value:
            known(item)
