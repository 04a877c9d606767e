"""Calls and their results: those that the caller must run, and those that the provider ran.

A call that comes without an id is given one made of the answer's own id and its number.
"""

from __future__ import annotations

from msgspec import Raw

from fairlead.dialects import jsontext, rawjson
from fairlead.dialects.assembly import Assembly, Slot
from fairlead.dialects.gemini import wire
from fairlead.dialects.gemini.extras import extras
from fairlead.dialects.gemini.partial_arguments import PartialArguments
from fairlead.errors import DecodeError
from fairlead.types.messages import ProviderState, ToolResult

CODE = "code_execution"
_FINE = ("OUTCOME_OK", 1, None)
_ID_LENGTH = 24


class Calls:
    """The calls of one candidate.

    With `provider_runs` the provider may answer a function call itself (MCP servers); then none is
    complete, and so for the caller to run, before the answer is.
    """

    __slots__ = ("_assembly", "_count", "_growing", "_latest_code", "_provider_runs", "_waiting")

    def __init__(self, assembly: Assembly, *, provider_runs: bool) -> None:
        self._assembly = assembly
        self._provider_runs = provider_runs
        self._count = 0
        self._latest_code = ""
        self._growing: tuple[Slot, PartialArguments] | None = None
        self._waiting: list[tuple[Slot, Raw]] = []

    def call(self, key: int, raw_call: Raw, raw: Raw) -> None:
        call = jsontext.decode(bytes(raw_call), wire.FUNCTION_CALL)
        if self._growing is not None and not call.name:
            self._grow(call, *self._growing)
            return
        self.settle()
        if not call.name:
            raise DecodeError("a tool call came without its name", jsontext.excerpt(bytes(raw)))
        slot = self._assembly.tool_start(key, call.id or self._made_up(), call.name)
        slot.state = extras(raw, "functionCall")
        if call.partialArgs is not None or call.willContinue:
            self._growing = slot, PartialArguments()
            self._grow(call, *self._growing)
        else:
            self._arguments(slot, call.args)
            self._complete(slot, raw)

    def settle(self) -> None:
        """Arguments that were still coming are complete."""
        if self._growing is not None:
            slot, _ = self._growing
            self.close()
            self._assembly.end(slot.index)

    def close(self) -> None:
        """The answer is over, and only why it ended tells whether arguments were to come."""
        if self._growing is not None:
            slot, arguments = self._growing
            self._growing = None
            slot.unfinished = True
            self._assembly.tool_arguments(slot, arguments.written())

    def answered(self, key: int, raw_result: Raw, raw: Raw) -> None:
        """The provider has run a function itself: its call is not for the caller."""
        result = jsontext.decode(bytes(raw_result), wire.PROVIDER_RESULT)
        call_id = result.id or ""
        for place, (slot, raw_call) in enumerate(self._waiting):
            if slot.id == result.id or (result.id is None and slot.name == result.name):
                del self._waiting[place]
                slot.by_provider, slot.state = True, rawjson.text_of(raw_call)
                self._assembly.end(slot.index)
                call_id = slot.id
                break
        self._result(key, call_id, result.name or "", rawjson.text_of(result.response), raw)

    def code(self, key: int, raw_call: Raw, raw: Raw) -> None:
        call = rawjson.optional(raw_call, wire.PROVIDER_CALL) or wire.ProviderCall()
        self._latest_code = call.id or self._made_up()
        self._ran(key, self._latest_code, CODE, raw_call, raw)

    def code_result(self, key: int, raw_result: Raw, raw: Raw) -> None:
        result = rawjson.optional(raw_result, wire.PROVIDER_RESULT) or wire.ProviderResult()
        call_id = result.id or self._latest_code
        failed = result.outcome not in _FINE
        self._result(key, call_id, CODE, result.output or "", raw, is_error=failed)

    def provider_call(self, key: int, raw_call: Raw, raw: Raw) -> None:
        call = rawjson.optional(raw_call, wire.PROVIDER_CALL) or wire.ProviderCall()
        self._ran(key, call.id or self._made_up(), call.toolType or "", call.args, raw)

    def provider_result(self, key: int, raw_result: Raw, raw: Raw) -> None:
        result = rawjson.optional(raw_result, wire.PROVIDER_RESULT) or wire.ProviderResult()
        text = rawjson.text_of(result.response)
        self._result(key, result.id or "", result.toolType or "", text, raw)

    def _grow(self, call: wire.FunctionCall, slot: Slot, arguments: PartialArguments) -> None:
        for piece in call.partialArgs or ():
            arguments.add(piece)
        if not call.willContinue:
            self.settle()

    def _complete(self, slot: Slot, raw: Raw) -> None:
        if self._provider_runs:
            self._waiting.append((slot, raw))
        else:
            self._assembly.end(slot.index)

    def _arguments(self, slot: Slot, args: Raw) -> None:
        if rawjson.present(args) and bytes(args) != b"{}":
            self._assembly.tool_arguments(slot, rawjson.text_of(args))

    def _ran(self, key: int, call_id: str, name: str, args: Raw, raw: Raw) -> None:
        slot = self._assembly.tool_start(key, call_id, name, by_provider=True)
        self._arguments(slot, args)
        slot.state = rawjson.text_of(raw)
        self._assembly.end(key)

    def _result(
        self, key: int, call_id: str, name: str, text: str, raw: Raw, *, is_error: bool = False
    ) -> None:
        state = ProviderState(wire.NAME, rawjson.text_of(raw))
        result = ToolResult(call_id, text, is_error, name, by_provider=True, provider_state=state)
        self._assembly.whole(key, result)

    def _made_up(self) -> str:
        number = self._count
        self._count += 1
        return "_".join(filter(None, ("call", self._assembly.id[:_ID_LENGTH], str(number))))
