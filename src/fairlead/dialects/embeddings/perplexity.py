"""Perplexity's embeddings: OpenAI's, but each number is one signed byte, in base64.

The numbers stay as they come, from -128 to 127: the cosine of two vectors needs no more.
"""

from __future__ import annotations

from array import array

import msgspec
from msgspec.structs import replace

from fairlead.dialects.embeddings.openai import OpenAIEmbeddings
from fairlead.dialects.vectors import Vector, encoded
from fairlead.errors import DecodeError
from fairlead.ports import Encoded
from fairlead.types.operations import EmbeddingRequest
from fairlead.types.requests import UnsupportedPolicy
from fairlead.types.targets import Target


class PerplexityEmbeddings(OpenAIEmbeddings):
    """See `ports.Operation`."""

    __slots__ = ()
    name = "perplexity"

    def encode(
        self, request: EmbeddingRequest, target: Target, *, unsupported: UnsupportedPolicy
    ) -> Encoded:
        bytes_only = replace(target, quirks=replace(target.quirks, base64_embeddings=False))
        return super().encode(request, bytes_only, unsupported=unsupported)

    def vector(self, text: msgspec.Raw) -> Vector:
        if not bytes(text).startswith(b'"'):
            raise DecodeError("a vector is not a string of base64")
        return array("f", array("b", encoded(text)))


DIALECT = PerplexityEmbeddings()
