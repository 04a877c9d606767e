"""Whatever a file holds, it is settings or one clear error."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from fairlead.auth.secret import Secret
from fairlead.errors import ConfigError
from fairlead.ports import Timeouts
from fairlead.settings.check import checked
from fairlead.settings.files import Layer
from fairlead.settings.values import ProviderSettings, Settings
from fairlead.types.http import HttpSettings

KNOWN = {
    *Settings.__struct_fields__,
    *ProviderSettings.__struct_fields__,
    *Timeouts.__struct_fields__,
    *HttpSettings.__struct_fields__,
}
keys = st.sampled_from(sorted(KNOWN)) | st.text(max_size=8)
leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
values = st.recursive(
    leaves | st.builds(Secret, st.just("canary")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(keys, values, max_size=5), st.booleans())
def test_any_table_is_settings_or_a_config_error_in_one_line(
    table: dict[str, object], from_text: bool
) -> None:
    layer = Layer("file", "user", table, from_text=from_text)
    try:
        found = checked(layer)
    except ConfigError as error:
        message = str(error)
    else:
        message = "file: "
        assert found.keys() == table.keys()
    assert message.startswith("file: ")
    assert message.isprintable()
    assert "canary" not in message


@pytest.mark.parametrize("value", [1, 1.0, float("inf")])
def test_whole_and_unbounded_numbers_are_durations_too(value: float) -> None:
    table: dict[str, object] = {"timeouts": {"total": value}}
    assert checked(Layer("file", "user", table)) == {"timeouts": {"total": float(value)}}
