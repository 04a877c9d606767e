"""What OpenAI's two protocols have in common: where they are described, and their errors."""

from __future__ import annotations

from fairlead.conforming.protocol import HTTP, JSON, SSE, Protocol, shape_problem

_DOCS = "https://platform.openai.com/docs"


def documented(name: str) -> dict[str, str]:
    """The pages that the checks go by; `name` is the protocol's own in their addresses."""
    return {
        "create": f"{_DOCS}/api-reference/{name}/create",
        "object": f"{_DOCS}/api-reference/{name}/object",
        "stream": f"{_DOCS}/api-reference/{name}-streaming",
        "errors": f"{_DOCS}/guides/error-codes",
        "key": f"{_DOCS}/api-reference/authentication",
        "tools": f"{_DOCS}/guides/function-calling",
        "schema": f"{_DOCS}/guides/structured-outputs",
        "request_id": f"{_DOCS}/api-reference/debugging-requests",
        "sse": SSE,
        "http": HTTP,
        "json": JSON,
    }


class OpenAIProtocol(Protocol):
    models_path = "/models"

    def error_problem(self, data: object) -> str | None:
        return shape_problem(data, {"error.message": str, "error.type": str})
