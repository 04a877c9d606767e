"""Requests of the operations beside chat, built by hand, and what they become."""

from __future__ import annotations

import json
from typing import Any

from fairlead.ports import Encoded, Operation
from fairlead.types.operations import EmbeddingRequest, RerankRequest
from fairlead.types.requests import UnsupportedPolicy
from fairlead.types.targets import Quirks, Target

PENGUINS = ("Penguins swim.", "Paris is a city.", "Penguins cannot fly.")


def target(operation: str, dialect: str, quirks: Quirks | None = None) -> Target:
    return Target("p", "model-1", operation, dialect, "https://p/", quirks or Quirks())


def embedding(*texts: str, **options: Any) -> EmbeddingRequest:
    return EmbeddingRequest(model="m", inputs=texts or ("a", "b"), **options)


def reranking(**options: Any) -> RerankRequest:
    return RerankRequest(model="m", query="penguins", documents=PENGUINS, **options)


def encoded(
    operation: Operation[Any, Any],
    request: object,
    quirks: Quirks | None = None,
    *,
    unsupported: UnsupportedPolicy = "error",
) -> Encoded:
    aim = target("embeddings", operation.name, quirks)
    return operation.encode(request, aim, unsupported=unsupported)


def body(
    operation: Operation[Any, Any], request: object, quirks: Quirks | None = None, **more: Any
) -> dict[str, Any]:
    sent = encoded(operation, request, quirks, **more).body
    assert isinstance(sent, bytes)
    found: dict[str, Any] = json.loads(sent)
    return found


def streamed(sent: Encoded) -> bytes:
    """All bytes of a body that is sent piece by piece."""
    assert not isinstance(sent.body, bytes)
    reader = sent.body.open()
    pieces = iter(lambda: reader.read(1000), b"")
    found = b"".join(pieces)
    reader.close()
    return found


def decoded(
    operation: Operation[Any, Any], answer: object, request: object, quirks: Quirks | None = None
) -> Any:
    """What becomes of `answer`, which is written as JSON unless it is bytes."""
    came = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    return operation.decode(came, request, target("embeddings", operation.name, quirks))
