"""Whatever is asked for in whatever dialect: what an explanation says is true of the body."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from tests.explaining.explained import explain, row, standing_at

from fairlead.dialects.registry import CHAT_DIALECTS
from fairlead.types.explained import Explanation
from fairlead.types.messages import Document, Message
from fairlead.types.requests import ChatRequest
from fairlead.types.tools import NamedTool, OutputSchema, Tool

ADD = Tool("canary_tool", "canary description", {"type": "object", "properties": {"a": {}}})
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "tools": st.just((ADD,)),
    "tool_choice": st.sampled_from(["none", "required", NamedTool("canary_tool")]),
    "parallel_tool_calls": st.just(False),
    "output": st.sampled_from(["json", OutputSchema({"type": "object", "title": "canary"})]),
    "temperature": st.sampled_from([0.4372, 0.0]),
    "top_p": st.just(0.8134),
    "top_k": st.integers(31, 39),
    "max_tokens": st.integers(20001, 20009),
    "stop": st.sampled_from([("CANARY",), ("CANARY", "STOP")]),
    "seed": st.integers(771, 779),
    "presence_penalty": st.just(0.2371),
    "frequency_penalty": st.just(0.3571),
    "logprobs": st.just(True),
    "top_logprobs": st.integers(3, 5),
    "reasoning_effort": st.sampled_from(["minimal", "low", "medium", "high", "max"]),
    "user": st.just("canary-user"),
    "extra_body": st.just({"canary_extra": {"x": [1]}}),
    "documents": st.just((Document("canary document", "doc_0"),)),
}
NEEDS = {"tool_choice": "tools", "parallel_tool_calls": "tools", "top_logprobs": "logprobs"}
UNSAID = {("openai_responses", "logprobs")}
"""What needs no words of its own: a number of log probabilities asks for them."""


def names(field: str) -> list[str]:
    return {"tools": ["tools[0]"], "extra_body": ["extra_body.canary_extra"]}.get(field, [field])


def requests() -> st.SearchStrategy[dict[str, Any]]:
    chosen = st.sets(st.sampled_from(sorted(FIELDS)), min_size=1)
    whole = chosen.map(lambda some: some | {NEEDS[name] for name in some if name in NEEDS})
    return whole.flatmap(lambda some: st.fixed_dictionaries({n: FIELDS[n] for n in sorted(some)}))


def test_every_field_of_a_request_is_tried() -> None:
    assert {*FIELDS, "model", "messages", "options"} == set(ChatRequest.__struct_fields__)


@pytest.mark.parametrize("dialect", CHAT_DIALECTS)
@settings(deadline=None, max_examples=40)
@given(fields=requests())
def test_an_explanation_is_true_of_the_body(dialect: str, fields: dict[str, Any]) -> None:
    found = explain(dialect, Message.system("Be brief"), Message.user("Hi"), **fields)

    assert found.error is None
    assert found.body is not None
    check_rows(found)
    check_all_is_accounted_for(found)
    for name in fields:
        for field in names(name):
            moot = name == "parallel_tool_calls" and is_none(fields)
            check_field(dialect, found, field, moot=moot)


def check_rows(found: Explanation) -> None:
    for one in found.fields:
        if one.path is None or one.path.startswith(("header ", "address")):
            continue
        assert standing_at(found.body, one.path) == one.sent, one


def check_all_is_accounted_for(found: Explanation) -> None:
    """Nothing stands in the body that no row tells of, the messages' own frame aside."""
    told = [one.path for one in found.fields if one.path is not None]
    frames = {path.partition("[")[0].partition(".")[0] for path in told}
    assert set(found.body or {}) <= frames


def is_none(fields: dict[str, Any]) -> bool:
    """Whether no tool is to be called, so that it does not matter how many at once."""
    return fields.get("tool_choice") == "none"


def check_field(dialect: str, found: Explanation, field: str, *, moot: bool) -> None:
    one = row(found, field)
    if one.outcome == "lost":
        assert one.note
        assert one.path is None
    elif one.outcome == "converted" and one.path is None:
        assert (
            moot or (dialect, field) in UNSAID or one.note.startswith("something else is not sent")
        )
    else:
        assert one.path is not None


@pytest.mark.parametrize("dialect", CHAT_DIALECTS)
@pytest.mark.parametrize("field", sorted(FIELDS))
@settings(deadline=None, max_examples=5)
@given(data=st.data())
def test_a_value_that_is_sent_or_renamed_stands_in_the_body_as_it_was_given(
    dialect: str, field: str, data: st.DataObject
) -> None:
    fields = {name: data.draw(FIELDS[name]) for name in {field, NEEDS.get(field, field)}}
    found = explain(dialect, **fields)
    value = fields[field]
    for name in names(field):
        one = row(found, name)
        given_value = plain(value.schema if isinstance(value, OutputSchema) else value)
        if field in ("tools", "extra_body"):
            given_value = plain(value[0] if field == "tools" else value["canary_extra"])
        if one.outcome in ("sent", "renamed"):
            assert one.path is not None
            assert standing_at(found.body, one.path) == given_value
        if one.outcome == "sent":
            assert one.path == name.removeprefix("extra_body.")
        if one.outcome == "lost":
            assert found.warnings
            assert field in NEEDS or "canary" not in json.dumps(found.body)


def plain(value: object) -> object:
    import msgspec

    return msgspec.json.decode(msgspec.json.encode(value))
