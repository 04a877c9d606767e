"""Variables: who gives them, in which order, and what is said where one is missing or wrong."""

from __future__ import annotations

import pytest

from fairlead.auth.sources import Environment
from fairlead.errors import ConfigError
from fairlead.providers.schema import ProviderTable, Variable
from fairlead.providers.variables import Gap, Variables, variables_of_table
from fairlead.settings import ProviderSettings

TABLE = ProviderTable(
    title="Lab",
    variables={
        "region": Variable(env=("LAB_REGION", "REGION"), known=("eu-west-1", "us-east-1")),
        "suffix": Variable(of="region", default="{region}.example", values={"us-east-1": "us"}),
        "version": Variable(env=("LAB_VERSION",), default="v1"),
    },
)


def variables(
    given: dict[str, str] | None = None, *, any_value: bool = False, **environ: str
) -> Variables:
    own = None if given is None else ProviderSettings(variables=given)
    return variables_of_table("lab", TABLE, own, Environment(environ), any_value=any_value)


def gap(found: Variables) -> Gap:
    return found.gaps["region"]


def test_settings_stand_above_the_environment_and_that_above_the_default() -> None:
    assert variables(REGION="us-east-1").values["region"] == "us-east-1"
    assert variables(REGION="us-east-1", LAB_REGION="eu-west-1").values["region"] == "eu-west-1"
    found = variables({"region": "us-east-1"}, LAB_REGION="eu-west-1")
    assert (found.values["region"], found.chosen) == ("us-east-1", {"region"})
    assert found.values["version"] == "v1"


def test_a_derived_variable_follows_another() -> None:
    assert variables(REGION="us-east-1").values["suffix"] == "us"
    assert variables(REGION="eu-west-1").fill("{suffix}/{version}") == "eu-west-1.example/v1"


def test_a_missing_variable_names_all_places_when_it_is_used() -> None:
    found = variables()
    assert gap(found).missing
    assert gap(found).remedy == "LAB_REGION"
    message = (
        "lab: the region is not known; set LAB_REGION or REGION or region under variables in "
        r"\[providers.lab\]"
    )
    for template in ("{region}", "{suffix}"):
        with pytest.raises(ConfigError, match=message):
            found.fill(template)
    assert found.fill("{version}") == "v1"


def test_an_unknown_value_gets_the_nearest_one() -> None:
    found = gap(variables(REGION="eu-wset-1"))
    assert found.sentence == "REGION: lab has no region 'eu-wset-1'; did you mean eu-west-1?"
    assert not found.missing


def test_a_value_like_none_that_is_known_says_how_to_go_on() -> None:
    assert "base_url" in gap(variables(REGION="moon")).sentence


def test_with_an_address_of_ones_own_any_value_will_do() -> None:
    assert variables(any_value=True, REGION="moon-1").values["region"] == "moon-1"


@pytest.mark.parametrize("value", ["a/b", "evil.example#", "x y"])
def test_a_value_that_could_lead_elsewhere_is_not_taken_and_not_shown(value: str) -> None:
    found = gap(variables({"region": value}, any_value=True))
    assert "[providers.lab] variables.region: a region holds only letters" in found.sentence
    assert value not in found.sentence


@pytest.mark.parametrize("name", ["regoin", "suffix"])
def test_a_variable_that_the_table_does_not_have_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=rf"no '{name}'; there are region, version"):
        variables({name: "x"})


def test_what_is_known_is_filled_in_and_the_rest_left() -> None:
    assert variables().known("{version}/{region}/{other}") == "v1/{region}/{other}"
