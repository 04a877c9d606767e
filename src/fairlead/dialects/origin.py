"""Who gave what only its giver can read, such as signatures and sealed reasoning.

A message that holds such parts remembers it, as another host of the same protocol refuses them.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from fairlead.dialects import rawjson
from fairlead.types.messages import Message
from fairlead.types.targets import Target

SERVICE = "service"
"""The field of a message's own state that names it."""


def host_of(target: Target) -> str:
    """The host that answers: each resource of a cloud seals with a key of its own."""
    return urlsplit(target.url).hostname or target.provider


def giver_of(message: Message, dialect: str) -> str | None:
    """The service that the message names; None where it names none."""
    state = message.provider_state
    if state is None or state.dialect != dialect:
        return None
    return rawjson.optional(rawjson.kept(state.data).get(SERVICE, rawjson.NOTHING), rawjson.STRING)
