"""What a target's address tells: the model's name inside a body, and which service it is."""

from __future__ import annotations

import re

from fairlead.types.targets import Target

SERVICE = "service"
"""The field of a message's own state that says who gave its signatures."""
_BASE = re.compile(r"https?://[^/]+(?:/[^/]+)*?/v\d\w*(?=/)")
_PATH = re.compile(r"/v\d\w*/(.+):\w+(?:\?|$)")


def resource(target: Target) -> str:
    """`models/gemini-3-flash`, or on Vertex AI the whole path from `projects/` on."""
    found = _PATH.search(target.url)
    if found is not None:
        return found[1]
    return target.model if "/" in target.model else f"models/{target.model}"


def service(target: Target) -> str:
    """Who serves the model. Each refuses the signatures that the other has given."""
    return "vertex_ai" if on_vertex(target) else "gemini_api"


def on_vertex(target: Target) -> bool:
    """Whether Vertex AI serves the model, which takes other fields here and there."""
    return "/publishers/" in target.url or "/projects/" in target.url


def base(target: Target) -> str:
    """The address up to the protocol's version, such as `https://g.example/v1beta`."""
    found = _BASE.match(target.url)
    return found[0] if found is not None else target.url.partition("/models/")[0]
