"""The tables [reload] and [streams]."""

from __future__ import annotations

import pytest

from fairlead.errors import ConfigError
from fairlead.ports import Drain
from fairlead.settings import Settings


def loaded(tmp_path, text: str) -> Settings:
    path = tmp_path / "fairlead.toml"
    path.write_text(text)
    return Settings.load(path=path, environ={})


def test_streams_are_closed_at_once_unless_they_are_to_be_read_out(tmp_path) -> None:
    assert Settings().streams.drain is None
    text = '[streams]\non_close = "drain"\ndrain_seconds = 1\ndrain_bytes = 5'
    assert loaded(tmp_path, text).streams.drain == Drain(1.0, 5)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[streams]\non_close = "wait"', "streams.on_close"),
        ("[streams]\ndrain_seconds = 0", "streams.drain_seconds"),
        ("[streams]\ndrain_bytes = -1", "streams.drain_bytes"),
        ("[streams]\ndrain = true", "streams.drain"),
        ("[reload]\ninterval = -1", "reload.interval"),
        ('[reload]\ninterval = "often"', "reload.interval"),
        ("[reload]\nevery = 3", "reload.every"),
        ('[routes.r]\ntargets = ["openai/a"]\non_break = "resume"', "on_break"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_place(tmp_path, text, said) -> None:
    with pytest.raises(ConfigError, match=said):
        loaded(tmp_path, text)


def test_the_environment_says_it_too() -> None:
    settings = Settings.load(environ={"FAIRLEAD_RELOAD_INTERVAL": "0"}, cwd="/")
    assert settings.reload.interval == 0
