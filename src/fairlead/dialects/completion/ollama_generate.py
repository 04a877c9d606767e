"""Ollama's completion of a prompt (`POST /api/generate`), with a suffix: fill in the middle.

Without a suffix the prompt goes to the model as it is (`raw`), not as a question in a template;
a suffix needs the template of a model that can fill in.
"""

from __future__ import annotations

from fairlead.dialects.body import Body, written
from fairlead.dialects.losses import Losses
from fairlead.dialects.ollama.decode import LineDecoder
from fairlead.dialects.ollama.encode import accepted, shared_options
from fairlead.dialects.ollama.failures import api_error
from fairlead.dialects.ollama.wire import GENERATE
from fairlead.errors import ApiError
from fairlead.ports import Encoded, Limits
from fairlead.types.http import Headers
from fairlead.types.operations import CompletionRequest
from fairlead.types.requests import UnsupportedPolicy
from fairlead.types.targets import Target


class OllamaGenerate:
    """See `ports.Dialect`. It holds nothing."""

    __slots__ = ()
    name = GENERATE

    def encode(
        self,
        request: CompletionRequest,
        target: Target,
        *,
        stream: bool,
        unsupported: UnsupportedPolicy,
    ) -> Encoded:
        losses = Losses(unsupported, target)
        body: Body = {"model": target.model, "prompt": request.prompt}
        if request.suffix is None:
            body["raw"] = True
        elif not losses.lacks("suffix"):
            body["suffix"] = request.suffix
        if options := shared_options(request):
            body["options"] = options
        if request.user is not None:
            losses.unsupported("user")
        body["stream"] = stream
        return Encoded(
            written(body, request.extra_body),
            accepted(stream=stream),
            tuple(losses.warnings),
            tuple(losses.dropped),
        )

    def decoder(self, request: CompletionRequest, target: Target, limits: Limits) -> LineDecoder:
        return LineDecoder(GENERATE, target, limits)

    def decode_error(self, status: int, headers: Headers, body: bytes, target: Target) -> ApiError:
        return api_error(body, target, status=status, headers=headers)


DIALECT = OllamaGenerate()
