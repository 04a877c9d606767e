"""What only this protocol can be asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from fairlead.dialects.ag_ui.wire import NAME
from fairlead.types.requests import Options


class AgUiOptions(Options, frozen=True, omit_defaults=True, kw_only=True):
    """Options of `ag_ui`. Mappings are sent as they are.

    `thread_id` and `run_id` name the conversation and this run of it. Without them the thread is
    that of the agent's last answer in the conversation, and else both are made of what is sent:
    equal requests are equal runs. Give a `thread_id` of your own to an agent that remembers.
    `state` is what the agent shares with its frontend; unset, the last one that it told goes back.
    `context` holds pairs such as `{"description": "the page", "value": "..."}`.
    `resume` answers interrupts: `{"interruptId": "...", "status": "resolved", "payload": ...}`.
    `protocol_version` None is for agents from before 1.0 that refuse what they do not know.
    """

    dialect: ClassVar[str] = NAME

    thread_id: str | None = None
    run_id: str | None = None
    parent_run_id: str | None = None
    state: object = None
    context: tuple[Mapping[str, object], ...] = ()
    forwarded_props: Mapping[str, object] | None = None
    resume: tuple[Mapping[str, object], ...] = ()
    protocol_version: str | None = "1.0"
