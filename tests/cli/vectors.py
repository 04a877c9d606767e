"""A provider that embeds: each text becomes a vector that a test can foretell."""

from __future__ import annotations

import base64
import json
from array import array

from tests.cli.conftest import answered

from fairlead.testing.server import Received, Step


def direction(text: str) -> list[float]:
    """Texts about boats point one way, others another, the more so the longer they are."""
    return [float("boat" in text), float("boat" not in text) * len(text)]


def embedding(request: Received) -> list[Step]:
    """Answers with base64 where it is asked for, as OpenAI does."""
    body = json.loads(request.body)
    inputs = body["input"]
    vectors = [direction(text) for text in inputs]
    data = [
        {"index": i, "embedding": base64.b64encode(array("f", v).tobytes()).decode()}
        if body.get("encoding_format") == "base64"
        else {"index": i, "embedding": v}
        for i, v in enumerate(vectors)
    ]
    usage = {"prompt_tokens": len(inputs), "total_tokens": len(inputs)}
    return answered({"data": data, "model": "e-1", "usage": usage})
