"""Memory of many vectors in one call, beside the size of what the caller gets."""

from __future__ import annotations

import gc
import tracemalloc

from bench.server import Server
from bench.sizes import Sizes
from bench.table import Row
from fairlead import Client, Settings
from fairlead.settings import ProviderSettings
from fairlead.types.operations import EmbeddingResponse

_REQUESTS = 5
_MEGABYTE = 1e6


def memory(server: Server, sizes: Sizes, form: str, limit: float) -> Row:
    """The highest total of Python's own allocations during the call, above what was there before.

    `form` is how the server writes vectors: `base64` or `numbers`.
    """
    count = sizes.embeddings // _REQUESTS
    provider = ProviderSettings(base_url=server.url(form, count), quirks={"embedding_batch": count})
    texts = [f"text {number}" for number in range(count * _REQUESTS)]
    with Client(Settings(providers={"bench": provider})) as client:
        client.embed("bench/m", texts[:count])
        gc.collect()
        tracemalloc.start()
        try:
            answer = client.embed("bench/m", texts)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    size = _size(answer)
    name = f"{len(texts)} embeddings, {form}"
    return Row(name, "MB", size / _MEGABYTE, peak / _MEGABYTE, "ratio", limit)


def _size(answer: EmbeddingResponse) -> int:
    return sum(len(vector) * vector.itemsize for vector in answer.embeddings)
