"""What a request loses, in every dialect alike."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from tests.dialects.encoding import DIALECTS, HI, encode

from fairlead.dialects.registry import dialect_named
from fairlead.errors import UnsupportedFeature
from fairlead.types.messages import Audio, File, Image, Message, ProviderState
from fairlead.types.requests import Options
from fairlead.types.tools import Tool

OWN: dict[str, tuple[str, object]] = {
    "cohere": ("safety_mode", "OFF"),
    "ollama": ("num_ctx", 4096),
    "ag_ui": ("parent_run_id", "run_1"),
}


def own_option(dialect: str) -> tuple[str, Options]:
    """An option that only the dialect has, and its options with it set."""
    dialect_named(dialect)  # loads it
    kind = next(kind for kind in Options.__subclasses__() if kind.dialect == dialect)
    name, value = OWN.get(dialect, ("service_tier", "auto"))
    return name, kind(**{name: value})


@DIALECTS
@pytest.mark.parametrize(("name", "value"), [("temperature", 0.5), ("user", "ann")])
def test_an_option_that_the_target_lacks_is_refused_or_left_out(dialect, name, value) -> None:
    with pytest.raises(UnsupportedFeature, match=name):
        encode(dialect, lacking=(name,), **{name: value})

    dropped = encode(dialect, lacking=(name,), unsupported="drop", **{name: value})
    warned = encode(dialect, lacking=(name,), unsupported="warn", **{name: value})

    assert dropped.body == warned.body == encode(dialect).body
    assert (dropped.dropped, dropped.warnings) == ((name,), ())
    assert len(warned.warnings) == 1
    assert name in warned.warnings[0]


@DIALECTS
def test_a_field_of_the_dialects_own_options_can_be_lacking_too(dialect) -> None:
    name, options = own_option(dialect)
    with pytest.raises(UnsupportedFeature, match=name):
        encode(dialect, lacking=(name,), options=options)

    left = encode(dialect, lacking=(name,), unsupported="drop", options=options)

    assert left.body == encode(dialect).body
    assert left.dropped == (name,)


@DIALECTS
@pytest.mark.parametrize(
    ("kind", "part"),
    [
        ("image", Image(url="https://a.example/i.png")),
        ("file", File(data=b"x", media_type="application/pdf", name="a.pdf")),
    ],
)
def test_a_part_that_the_target_lacks_is_refused_or_left_out(dialect, kind, part) -> None:
    ask = Message.user("Look", part)
    with pytest.raises(UnsupportedFeature, match=kind):
        encode(dialect, ask, lacking=(kind,))

    left = encode(dialect, ask, lacking=(kind,), unsupported="drop")

    assert "Look" in left.body.decode()
    assert left.dropped == (kind,)


@DIALECTS
@pytest.mark.parametrize(
    "part", [Image(url="https://a.example/i.png"), Audio(b"x", "audio/wav", "Good day")]
)
def test_what_another_dialects_model_showed_or_said_aloud_is_left_out_and_listed(
    dialect, part
) -> None:
    made = replace(part, provider_state=ProviderState("another", "{}"))

    sent = encode(dialect, HI, Message.assistant("Look", made), Message.user("Go on"))

    assert ("Good day" in sent.body.decode()) == isinstance(part, Audio)
    (lost,) = sent.dropped
    assert "in an assistant message" in lost
    with pytest.raises(UnsupportedFeature, match="in an assistant message"):
        encode(dialect, HI, Message.assistant("Look", part), Message.user("Go on"))


@pytest.mark.parametrize("dialect", ["cohere", "ollama", "ag_ui", "bedrock_converse"])
def test_one_call_at_a_time_is_asked_for_by_false_and_never_ignored(dialect: str) -> None:
    with pytest.raises(UnsupportedFeature, match="parallel_tool_calls"):
        encode(dialect, tools=(Tool("add"),), parallel_tool_calls=False)
