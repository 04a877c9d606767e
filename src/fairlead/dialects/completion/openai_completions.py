"""OpenAI's older protocol for bare prompts (`POST {base}/completions`), and its many clones.

Answers are those of Chat Completions with `text` in place of a message, so its decoder reads them.
"""

from __future__ import annotations

from fairlead.dialects.body import Body, written
from fairlead.dialects.losses import Losses
from fairlead.dialects.openai_chat import OpenAIChatOptions
from fairlead.dialects.openai_chat.decode import OpenAIChatDecoder
from fairlead.dialects.openai_chat.failures import of_status
from fairlead.errors import ApiError
from fairlead.ports import Decoder, Encoded, Limits
from fairlead.types.events import Event
from fairlead.types.http import Headers
from fairlead.types.operations import CompletionRequest
from fairlead.types.requests import ChatRequest, UnsupportedPolicy
from fairlead.types.responses import ChatResponse
from fairlead.types.targets import Target

_PLAIN = ("suffix", "max_tokens", "temperature", "top_p", "stop")
_STREAM = (("accept", "text/event-stream"),)


class OpenAICompletions:
    """See `ports.Dialect`. It holds nothing; deviations are the target's quirks."""

    name = "openai_completions"
    lacking: tuple[str, ...] = ()

    def encode(
        self,
        request: CompletionRequest,
        target: Target,
        *,
        stream: bool,
        unsupported: UnsupportedPolicy,
    ) -> Encoded:
        quirks = target.quirks
        losses = Losses(unsupported, target)
        request = losses.without(request, (*self.lacking, *quirks.unsupported))
        body: Body = {"model": target.model} if quirks.model_in_body else {}
        body["prompt"] = request.prompt
        for name in _PLAIN:
            value = getattr(request, name)
            if value is not None and value != ():
                body[name] = value
        if request.seed is not None:
            body[quirks.seed] = request.seed
        if request.user is not None:
            body["user"] = request.user
        if stream or quirks.stream_only:
            body["stream"] = True
            if quirks.ask_for_usage:
                body["stream_options"] = {"include_usage": True}
        return Encoded(
            written(body, request.extra_body),
            headers=() if stream or not quirks.stream_only else _STREAM,
            warnings=tuple(losses.warnings),
            dropped=tuple(losses.dropped),
        )

    def decoder(
        self, request: CompletionRequest, target: Target, limits: Limits
    ) -> Decoder[Event, ChatResponse]:
        choices = (request.extra_body or {}).get("n")
        options = OpenAIChatOptions(n=choices) if isinstance(choices, int) else None
        return OpenAIChatDecoder(ChatRequest(request.model, (), options=options), target, limits)

    def decode_error(self, status: int, headers: Headers, body: bytes, target: Target) -> ApiError:
        return of_status(status, headers, body, target)


DIALECT = OpenAICompletions()
