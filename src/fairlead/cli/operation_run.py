"""One run of an operation beside chat: its request is checked, shown or sent, and accounted for."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from fairlead.cli.operation_options import operation_table
from fairlead.cli.options import parse_options
from fairlead.cli.report import answer_json, receipt_json, usage_line
from fairlead.cli.session import Session, open_operation
from fairlead.cli.terminal import is_terminal, note, output, write, write_error
from fairlead.errors import FairleadError
from fairlead.operation_inputs import CallOptions

if TYPE_CHECKING:
    from fairlead.cli.operating import Flags, Pairs
    from fairlead.client import Client
    from fairlead.ports import Codec
    from fairlead.providers.registry import Resolved
    from fairlead.types.operations import Answer
    from fairlead.types.responses import ChatResponse

A_ = TypeVar("A_")


class OperationRun:
    """An operation on the model of `session`."""

    def __init__(self, session: Session, operation: str, flags: Flags) -> None:
        self.session = session
        self.model = session.model
        self._operation = operation
        self._flags = flags

    def check(
        self, request: object, options: CallOptions, *, stream: bool = False
    ) -> tuple[list[Codec[Any, Any]], Resolved]:
        """What would be sent, and where to. Raises what is found before sending."""
        return self.session.prepare_operation(self._operation, request, options, stream=stream)

    def unsent(self, request: object, options: CallOptions, *, stream: bool = False) -> bool:
        """Check the request, and show it where that is all that is wanted: true then.

        Otherwise the local model is started, where it is the one. Raises what is found before
        sending.
        """
        codecs, resolved = self.check(request, options, stream=stream)
        if not self._flags.dry_run:
            self.session.start_local(quiet=self._flags.quiet, operation=resolved.target.operation)
            return False
        from fairlead.cli.dry_run import show

        warnings = [text for codec in codecs for text in codec.warnings]
        requests = [codec.request() for codec in codecs]
        show(requests, [] if self._flags.quiet else warnings, resolved, json=self._flags.json)
        return True

    def ask(self, call: Callable[[Client], A_]) -> A_:
        """What `call` returns. Where it fails, the receipt is shown if it is wanted."""
        try:
            with self.session.client() as client:
                return call(client)
        except FairleadError as error:
            if self._flags.receipt and error.receipt is not None:
                write_error(receipt_json(error.receipt) + "\n")
            raise

    def print_json(self, answer: Answer, **also: object) -> None:
        """The whole answer as one JSON object."""
        write(answer_json(answer, indent=is_terminal(sys.stdout), also=also) + "\n")

    def account(self, *answers: Answer) -> None:
        """Warnings, then what was spent."""
        if not (self._flags.quiet or self._flags.json):
            for warning in dict.fromkeys(text for each in answers for text in each.warnings):
                note(f"warning: {warning}")
        self.spent(*answers)

    def spent(self, *answers: Answer | ChatResponse) -> None:
        """Usage and receipts, as far as they are wanted."""
        for answer in answers:
            if self._flags.usage:
                note(usage_line(answer))
            if self._flags.receipt:
                write_error(receipt_json(answer.receipt) + "\n")


def open_run(operation: str, model: str | None, flags: Flags) -> OperationRun:
    """A run of `operation`. Raises `ConfigError`."""
    # An answer that nobody can read must not be paid for.
    output()
    return OperationRun(open_operation(operation, model, quiet=flags.quiet), operation, flags)


def operation_arguments(
    command: str, pairs: Pairs, deadline: float | None, **flags: object
) -> dict[str, Any]:
    """The keyword arguments of the operation's method. Raises `InvalidRequest`."""
    found = parse_options(pairs, operation_table(command))
    given = {"deadline": deadline, **flags}
    return found | {name: value for name, value in given.items() if value is not None}


def call_options_of(arguments: Mapping[str, Any]) -> CallOptions:
    """Those of the arguments that every operation has."""
    known = CallOptions.__annotations__
    return cast("CallOptions", {n: v for n, v in arguments.items() if n in known})
