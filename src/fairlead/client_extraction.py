"""Typed values from a model, in both colours; `Client` and `AsyncClient` inherit them."""

from __future__ import annotations

from typing import Any, Unpack, overload

from fairlead.extraction.start import (
    ExtractOptions,
    ItemOptions,
    open_extraction,
    open_items,
)
from fairlead.inputs import Messages
from fairlead.stream import AsyncEventStream, EventStream
from fairlead.types.extraction import T_, Extraction, Partial
from fairlead.types.routes import Model
from fairlead.versions import Versioned


class ExtractionMethods(Versioned):
    """What the type is, is checked before anything is sent."""

    @overload
    def extract(
        self, model: Model, messages: Messages, kind: type[T_], **options: Unpack[ExtractOptions]
    ) -> T_: ...
    @overload
    def extract(
        self, model: Model, messages: Messages, kind: object, **options: Unpack[ExtractOptions]
    ) -> object: ...
    def extract(
        self, model: Model, messages: Messages, kind: object, **options: Unpack[ExtractOptions]
    ) -> object:
        """Have `model` give a value of the type `kind`, and return it.

        `kind` is a dataclass, TypedDict, msgspec or pydantic class, a builtin or composed type, or
        a JSON Schema. A wrong answer is shown to the model with what is wrong, up to
        `max_attempts` times; one that cannot come right is stopped at once. Raises like `stream`,
        and `ExtractionFailed`.
        """
        core = self._core
        with EventStream(
            lambda: open_extraction(core, model, messages, kind, options, tells=False)
        ) as stream:
            return stream.result().value

    @overload
    def stream_extract(
        self, model: Model, messages: Messages, kind: type[T_], **options: Unpack[ExtractOptions]
    ) -> EventStream[Partial[T_], Extraction[T_]]: ...
    @overload
    def stream_extract(
        self, model: Model, messages: Messages, kind: object, **options: Unpack[ExtractOptions]
    ) -> EventStream[Partial[object], Extraction[object]]: ...
    def stream_extract(
        self, model: Model, messages: Messages, kind: object, **options: Unpack[ExtractOptions]
    ) -> EventStream[Any, Any]:
        """Extract as `extract` does: what is known of the value so far, then `.result()`.

        The request is sent when the block is entered.
        """
        return EventStream(lambda: open_extraction(self._core, model, messages, kind, options))

    @overload
    def stream_items(
        self, model: Model, messages: Messages, kind: type[T_], **options: Unpack[ItemOptions]
    ) -> EventStream[T_, Extraction[list[T_]]]: ...
    @overload
    def stream_items(
        self, model: Model, messages: Messages, kind: object, **options: Unpack[ItemOptions]
    ) -> EventStream[object, Extraction[list[object]]]: ...
    def stream_items(
        self, model: Model, messages: Messages, kind: object, **options: Unpack[ItemOptions]
    ) -> EventStream[Any, Any]:
        """Have `model` write a list, and hand out each `kind` as soon as it is complete and valid.

        `.result()` has them all. Raises like `stream`, and `ExtractionFailed` with the `items` so
        far: the model is asked once.
        """
        return EventStream(lambda: open_items(self._core, model, messages, kind, options))


class AsyncExtractionMethods(Versioned):
    """What the type is, is checked before anything is sent."""

    @overload
    async def extract(
        self, model: Model, messages: Messages, kind: type[T_], **options: Unpack[ExtractOptions]
    ) -> T_: ...
    @overload
    async def extract(
        self, model: Model, messages: Messages, kind: object, **options: Unpack[ExtractOptions]
    ) -> object: ...
    async def extract(
        self, model: Model, messages: Messages, kind: object, **options: Unpack[ExtractOptions]
    ) -> object:
        """Have `model` give a value of the type `kind`, and return it.

        `kind` is a dataclass, TypedDict, msgspec or pydantic class, a builtin or composed type, or
        a JSON Schema. A wrong answer is shown to the model with what is wrong, up to
        `max_attempts` times; one that cannot come right is stopped at once. Raises like `stream`,
        and `ExtractionFailed`.
        """
        core = self._core
        async with AsyncEventStream(
            lambda: open_extraction(core, model, messages, kind, options, tells=False)
        ) as stream:
            return (await stream.result()).value

    @overload
    def stream_extract(
        self, model: Model, messages: Messages, kind: type[T_], **options: Unpack[ExtractOptions]
    ) -> AsyncEventStream[Partial[T_], Extraction[T_]]: ...
    @overload
    def stream_extract(
        self, model: Model, messages: Messages, kind: object, **options: Unpack[ExtractOptions]
    ) -> AsyncEventStream[Partial[object], Extraction[object]]: ...
    def stream_extract(
        self, model: Model, messages: Messages, kind: object, **options: Unpack[ExtractOptions]
    ) -> AsyncEventStream[Any, Any]:
        """Extract as `extract` does: what is known of the value so far, then `.result()`.

        The request is sent when the block is entered.
        """
        return AsyncEventStream(lambda: open_extraction(self._core, model, messages, kind, options))

    @overload
    def stream_items(
        self, model: Model, messages: Messages, kind: type[T_], **options: Unpack[ItemOptions]
    ) -> AsyncEventStream[T_, Extraction[list[T_]]]: ...
    @overload
    def stream_items(
        self, model: Model, messages: Messages, kind: object, **options: Unpack[ItemOptions]
    ) -> AsyncEventStream[object, Extraction[list[object]]]: ...
    def stream_items(
        self, model: Model, messages: Messages, kind: object, **options: Unpack[ItemOptions]
    ) -> AsyncEventStream[Any, Any]:
        """Have `model` write a list, and hand out each `kind` as soon as it is complete and valid.

        `.result()` has them all. Raises like `stream`, and `ExtractionFailed` with the `items` so
        far: the model is asked once.
        """
        return AsyncEventStream(lambda: open_items(self._core, model, messages, kind, options))
