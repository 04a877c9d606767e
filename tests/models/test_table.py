"""The table as it ships: whole, sane, small, and read only when it is asked."""

from __future__ import annotations

import re
import subprocess
import sys
import zlib
from pathlib import Path

import fairlead
from fairlead import models
from fairlead.models import table
from fairlead.policies.cost import price_in_force
from fairlead.providers.index import NAMES

DATA = Path(table.__file__).with_name("data")
NOW = 1_795_000_000.0


def test_every_file_is_about_a_provider() -> None:
    assert table.providers() <= NAMES


def test_models_are_sorted_and_called_by_one_name_each() -> None:
    for provider in table.providers():
        names = [model.id.lower() for model in models.all(provider)]

        assert names == sorted(set(names)), provider
        assert all(model.provider == provider for model in models.all(provider))


def test_every_price_is_plausible_and_has_a_source() -> None:
    for model in models.all():
        assert (model.price_source in models.sources()) == bool(model.prices), model.model
        for price in model.prices:
            for rates in (price.rates, *(tier.rates for tier in price.tiers)):
                given = [getattr(rates, name) for name in rates.__struct_fields__]
                assert all(rate is None or 0 <= rate <= 5000 for rate in given), model.model
            assert [tier.above for tier in price.tiers] == sorted({t.above for t in price.tiers})


def test_a_price_of_zero_is_one_that_its_source_calls_free() -> None:
    for model in models.all():
        price = price_in_force(model.prices, NOW)
        if price is not None and not any(
            getattr(price.rates, name) for name in price.rates.__struct_fields__
        ):
            assert model.id.endswith(("free", ":cloud")), model.model


def test_every_pattern_leads_to_a_model() -> None:
    for provider in table.providers():
        found = table.section(provider)
        assert found is not None
        for pattern in found.data.patterns:
            assert pattern.id.lower() in found.by_name
            re.compile(pattern.expression)


def test_sources_say_their_version_and_day() -> None:
    for source in models.sources().values():
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", source.released)
        assert source.version


def test_the_table_takes_little_room_in_the_wheel() -> None:
    files = list(DATA.glob("*.json"))

    assert sum(len(zlib.compress(path.read_bytes())) for path in files) < 200_000


def test_looking_a_model_up_loads_its_provider_alone() -> None:
    program = (
        "import sys, fairlead; before = len(sys.modules)\n"
        "assert 'fairlead.models' not in sys.modules\n"
        "from fairlead.models import find, table\n"
        "assert table.section.cache_info().currsize == 0\n"
        "assert find('groq/llama-3.3-70b-versatile')\n"
        "print(table.section.cache_info().currsize)"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )

    assert (run.stdout, run.stderr) == ("1\n", "")


def test_the_module_is_reached_from_the_package() -> None:
    found = fairlead.models.find("openai/gpt-4o")

    assert found is not None
    assert (found.context_window, found.max_output) == (128_000, 16_384)
    assert found.takes("image")
    assert not found.takes("audio")
