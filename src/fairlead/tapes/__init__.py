"""Exchanges with providers on tape: recorded with `fairlead.record`, played with `fairlead.replay`.

Importing this package loads nothing: every name is fetched when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fairlead.tapes.faults import (
        DuplicateFrames as DuplicateFrames,
        ErrorInside as ErrorInside,
        Fault as Fault,
        First as First,
        RateLimited as RateLimited,
    )
    from fairlead.tapes.recording import Recording as Recording, record as record
    from fairlead.tapes.replaying import Replay as Replay, replay as replay
    from fairlead.tapes.serving import TapeServer as TapeServer
    from fairlead.tapes.vcr import import_cassette as import_cassette

_HOMES = {
    "faults": "DuplicateFrames ErrorInside Fault First RateLimited",
    "recording": "Recording record",
    "replaying": "Replay replay",
    "serving": "TapeServer",
    "vcr": "import_cassette",
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}

__all__ = sorted(_HOME_OF)  # all are strings


def __getattr__(name: str) -> object:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"fairlead.tapes.{home}"), name)
