"""`--schema` and `--items`: an answer as JSON that is checked, and asked for again where wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, cast

import click
import msgspec
from msgspec.structs import replace

from fairlead.cli.answering import Told
from fairlead.cli.growing_json import GrowingJson, value_json
from fairlead.cli.schema import ANY_JSON
from fairlead.cli.terminal import write
from fairlead.errors import ExtractionFailed, SchemaMismatch
from fairlead.extraction.shape import shape_of

if TYPE_CHECKING:
    from fairlead.client import Client
    from fairlead.extraction.start import ExtractOptions, ItemOptions
    from fairlead.inputs import ChatOptions
    from fairlead.types.extraction import Extraction
    from fairlead.types.messages import Message
    from fairlead.types.responses import ChatResponse


class Wish(NamedTuple):
    """The type of the answer, or of each of its `items`."""

    kind: object
    items: bool

    def told(self, options: ChatOptions) -> ChatOptions:
        """The options of one request, for a look at it and for runs."""
        output = shape_of(self.kind, items=self.items).output
        return {"output_mode": "auto", **options, "output": output}

    def asked(self, options: ChatOptions) -> ExtractOptions | ItemOptions:
        """The options of `stream_extract` and `stream_items`."""
        kept = {name: v for name, v in options.items() if name not in ("output", "output_mode")}
        if "output_mode" in options:
            kept["mode"] = options["output_mode"]
        return cast("ExtractOptions", kept)

    def checked(self, answer: ChatResponse) -> object:
        """The value of an answer. Raises `ExtractionFailed`."""
        shape = shape_of(self.kind, items=self.items)
        try:
            return shape.read(msgspec.json.decode(answer.text))
        except SchemaMismatch as error:
            reason, path = error.reason, error.path
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as error:
            reason, path = str(error), "$"
        raise ExtractionFailed(
            f"the model gave no valid answer: {reason} at {path}",
            kind="invalid",
            reason=reason,
            path=path,
            text=answer.text,
        )


def open_wish(options: ChatOptions, *, items: bool, has_tools: bool) -> Wish | None:
    """What is to be checked; None for free text, any JSON, and where calls may come instead.

    Raises `click.UsageError` and `InvalidRequest`.
    """
    kind = options.get("output")
    if items and (kind is None or kind == ANY_JSON):
        raise click.UsageError('--items needs a schema of one item: --schema "name, age int"')
    if items and (has_tools or "tools" in options):
        raise click.UsageError("--items and tools exclude each other; keep one")
    if kind is None or kind == ANY_JSON or "tools" in options:
        return None
    wish = Wish(kind, items)
    shape_of(wish.kind, items=wish.items)
    return wish


def extracted(
    client: Client,
    model: str,
    messages: list[Message],
    options: ChatOptions,
    wish: Wish,
    *,
    shown: bool,
) -> Extraction[object]:
    """Ask, and print the value where it is to be `shown`."""
    asked = cast("ExtractOptions", wish.asked(options))
    growing = GrowingJson()
    with client.stream_extract(model, messages, wish.kind, **asked) as stream:
        if shown:
            try:
                for partial in stream:
                    growing.show(partial)
            except BaseException:
                growing.leave()
                raise
        found = stream.result()
    if shown:
        growing.end(found.value)
    return found


def listed(
    client: Client, model: str, messages: list[Message], options: ChatOptions, wish: Wish
) -> Extraction[list[object]]:
    """Ask for many, and print each on a line of its own as soon as it is whole and valid."""
    asked = cast("ItemOptions", wish.asked(options))
    with client.stream_items(model, messages, wish.kind, **asked) as stream:
        for item in stream:
            write(f"{value_json(item)}\n")
        return stream.result()


def as_told(found: Extraction[object] | Extraction[list[object]]) -> Told:
    """The last answer, with what all attempts took."""
    response = replace(
        found.response,
        usage=found.usage,
        cost=found.cost,
        receipt=found.receipt,
        warnings=found.warnings,
    )
    return Told(response, (response.message,))
