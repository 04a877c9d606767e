"""What a target's address tells."""

from __future__ import annotations

import pytest

from fairlead.dialects.gemini import resource
from fairlead.types.targets import Target

GEMINI = "https://generativelanguage.googleapis.com/v1beta"
VERTEX = "https://aiplatform.googleapis.com/v1/projects/p/locations/global"


@pytest.mark.parametrize(
    ("url", "name", "service"),
    [
        (f"{GEMINI}/models/gemini-3:generateContent", "models/gemini-3", "gemini_api"),
        (f"{GEMINI}/tunedModels/mine:countTokens?alt=sse", "tunedModels/mine", "gemini_api"),
        (
            f"{VERTEX}/publishers/google/models/gemini-3:generateContent",
            "projects/p/locations/global/publishers/google/models/gemini-3",
            "vertex_ai",
        ),
        (
            f"{VERTEX}/endpoints/12:generateContent",
            "projects/p/locations/global/endpoints/12",
            "vertex_ai",
        ),
        ("https://proxy.example/gemini", "models/m", "gemini_api"),
    ],
)
def test_an_address_tells_the_models_name_and_the_service(
    url: str, name: str, service: str
) -> None:
    target = Target("p", "m", "chat", "gemini", url)

    assert resource.resource(target) == name
    assert resource.service(target) == service


@pytest.mark.parametrize(
    ("url", "base"),
    [
        (f"{GEMINI}/tunedModels/mine:generateContent", GEMINI),
        ("https://p.example/g/v1beta/models/v1:generateContent", "https://p.example/g/v1beta"),
        ("https://p.example/models/m:generateContent", "https://p.example"),
    ],
)
def test_an_address_tells_where_files_lie(url: str, base: str) -> None:
    assert resource.base(Target("p", "m", "chat", "gemini", url)) == base
