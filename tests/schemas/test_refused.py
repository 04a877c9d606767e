from __future__ import annotations

import pytest

from fairlead.schemas.refused import refused_place, refused_tool


@pytest.mark.parametrize(
    ("said", "place"),
    [
        (
            "Invalid schema for 'Book': In context=('properties', 'year'), 'minimum' is not",
            "$.year",
        ),
        (
            "Invalid schema: In context=('properties', 'tags', 'items', 'properties', 'at'), no",
            "$.tags.at",
        ),
        (
            "* GenerateContentRequest.generation_config.response_schema.properties[year].format",
            "$.year",
        ),
        ("output_config.format.schema: properties.title: Unknown keyword", "$.title"),
        ("Invalid schema: In context=(), 'required' is required", None),
        ("the model is overloaded", None),
    ],
)
def test_the_field_that_a_provider_refused_is_found_in_its_words(said, place) -> None:
    assert refused_place(said) == place


@pytest.mark.parametrize(
    ("said", "tool"),
    [
        ("Invalid schema for function 'look_up': In context=('properties', 'tags')", "look_up"),
        ("tools.1.custom.input_schema: JSON schema is invalid", "look"),
        ("tools[0].function_declarations[2].parameters.properties[at]: only allowed for", None),
        ("tools[0].function_declarations[1].parameters.properties[at]: only allowed", "look"),
        ("tools.7.custom.input_schema: JSON schema is invalid", None),
        ("the model is overloaded", None),
    ],
)
def test_the_tool_that_a_provider_refused_is_found_in_its_words(said, tool) -> None:
    assert refused_tool(said, ["look_up", "look", ""]) == tool
