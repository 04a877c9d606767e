"""Which tool call a piece belongs to, in every way that providers deliver them.

By index, else by id; a new name with neither opens a new call. Names and ids are set once,
arguments append. A missing id is made up from the answer's id, so equal bytes give equal ids.
"""

from __future__ import annotations

import msgspec

from fairlead.dialects.assembly import Assembly, Slot
from fairlead.dialects.openai_chat.call_ids import made_up
from fairlead.dialects.openai_chat.wire import Function, ToolCallDelta
from fairlead.errors import ResponseTooLarge

MOST_CALLS = 1024
_NO_ID = ("", "null", "None")


class _Call:
    """A call under construction; it has no slot until its name is known."""

    __slots__ = ("custom", "extra", "held", "id", "name", "slot")

    def __init__(self) -> None:
        self.id = ""
        self.name = ""
        self.custom = False
        self.extra: dict[str, object] | None = None
        self.held = ""
        self.slot: Slot | None = None

    @property
    def whole(self) -> bool:
        """Whether the arguments so far are a complete JSON value."""
        text = self.held + ("".join(self.slot.chunks) if self.slot else "")
        try:
            msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError):
            return False
        return True


class ToolCalls:
    """The calls of one choice."""

    __slots__ = ("_assembly", "_by_id", "_by_index", "_calls", "_legacy", "_max_arguments")

    def __init__(self, assembly: Assembly, max_arguments: int) -> None:
        self._assembly = assembly
        self._max_arguments = max_arguments
        self._calls: list[_Call] = []
        self._by_index: dict[int, _Call] = {}
        self._by_id: dict[str, _Call] = {}
        self._legacy: _Call | None = None

    def add(self, delta: ToolCallDelta) -> None:
        """Take a piece of a call. Raises `ResponseTooLarge` past the cap on arguments."""
        function, custom = delta.function, delta.custom
        name = (function and function.name) or (custom and custom.name) or ""
        call_id = "" if delta.id is None or delta.id in _NO_ID else delta.id
        call = self._find(delta.index, call_id, name)
        if call_id and not call.id:
            call.id = call_id
            self._by_id[call_id] = call
        call.name = call.name or name
        if custom is not None and custom.name:
            call.custom = True  # decided by the name: some gateways send an empty object of either
        if call.custom:
            self._arguments(call, _escaped((custom and custom.input) or ""))
        elif function is not None:
            self._arguments(call, _text(function.arguments))
        if delta.extra_content:
            call.extra = (call.extra or {}) | delta.extra_content

    def add_function(self, function: Function) -> None:
        """Take a piece of the one call of the `function_call` field, which came before tools."""
        if self._legacy is None:
            self._legacy = self._open()
        self._legacy.name = self._legacy.name or function.name or ""
        self._arguments(self._legacy, _text(function.arguments))

    def finish(self) -> None:
        """No more comes: start what never got a name, and keep what must go back unchanged."""
        for call in self._calls:
            slot = call.slot or self._start(call)
            state: dict[str, object] = {}
            if call.custom:
                self._assembly.tool_arguments(slot, '"}')
                slot.unfinished = call is self._calls[-1]  # plain text shows no end of its own
                state["type"] = "custom"
            if call.extra:
                state["extra_content"] = call.extra
            if state:
                slot.state = msgspec.json.encode(state).decode()

    def goes_on(self, index: int, fragment: str) -> bool:
        """Take more arguments of a call that has begun; false where there is none like that."""
        call = self._by_index.get(index)
        if call is None or call.slot is None or call.custom:
            return False
        self._assembly.tool_arguments(call.slot, fragment)
        return True

    def _find(self, index: int | None, call_id: str, name: str) -> _Call:
        if index is not None:
            call = self._by_index.get(index)
            # Some providers number every whole call 0: another id and a name make another call.
            if call is None or (call_id and name and call.id and call_id != call.id):
                call = self._by_index[index] = self._open()
            return call
        if call_id:
            return self._by_id.get(call_id) or self._open()
        last = self._calls[-1] if self._calls else None
        if last is None or (name and last.name and (name != last.name or last.whole)):
            return self._open()
        return last

    def _open(self) -> _Call:
        if len(self._calls) == MOST_CALLS:
            raise ResponseTooLarge(f"the answer has more than {MOST_CALLS} tool calls")
        call = _Call()
        self._calls.append(call)
        return call

    def _arguments(self, call: _Call, fragment: str | None) -> None:
        if call.slot is None and call.name:
            self._start(call)
        if not fragment:
            return
        if call.slot is not None:
            self._assembly.tool_arguments(call.slot, fragment)
        elif len(call.held) + len(fragment) > self._max_arguments:
            raise ResponseTooLarge(
                f"the arguments for a tool are longer than {self._max_arguments:,} bytes"
            )
        else:
            call.held += fragment

    def _start(self, call: _Call) -> Slot:
        number = self._calls.index(call)
        call.id = call.id or made_up(f"{self._assembly.id}/{number}")
        slot = call.slot = self._assembly.tool_start(("call", number), call.id, call.name)
        self._assembly.tool_arguments(slot, ('{"input":"' if call.custom else "") + call.held)
        call.held = ""
        return slot


def _text(arguments: str | dict[str, object] | list[object] | None) -> str:
    if arguments is None or isinstance(arguments, str):
        return arguments or ""
    return msgspec.json.encode(arguments).decode()


def _escaped(text: str) -> str:
    """The free text of a custom tool, as the inside of a JSON string."""
    return msgspec.json.encode(text)[1:-1].decode()
