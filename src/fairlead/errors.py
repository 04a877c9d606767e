"""Every error that fairlead raises, by who is to blame.

    FairleadError
    ├── ConfigError              the settings: UnknownProvider, UnknownModel, MissingCredentials,
    │                            ProviderRetired, LocalModelError
    ├── RequestError             found before sending: UnsupportedFeature, InvalidRequest
    ├── RefusedError             we said no: DeadlineExceeded
    ├── TransportError           the line: ConnectError, ConnectTimeout, ReadTimeout, ProtocolError,
    │                            PoolTimeout
    ├── ApiError                 the provider said no
    │   ├── BadRequestError      ContextLengthError, ContentFilterError
    │   ├── AuthenticationError, PermissionDeniedError, NotFoundError
    │   ├── RateLimitError, QuotaExceededError
    │   └── OverloadedError, ServerError
    ├── DecodeError              the provider spoke nonsense: ResponseTooLarge,
    │                            MalformedToolArguments
    └── StreamInterrupted        cut after the answer had begun

`exit_code` follows the command line's table: 1 other, 2 usage, 3 credentials, 4 rate limit,
5 budget, 6 provider or line. `http_status` is what a server would answer in our place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

if TYPE_CHECKING:
    from fairlead.types.messages import Message
    from fairlead.types.receipts import Receipt
    from fairlead.types.usage import Usage

RetryClass = Literal["unsent", "transient", "throttle", "never"]
"""How a failure may be retried: it never left us, it may pass, we must slow down, or not at all."""

EXCERPT_LENGTH = 300


class FairleadError(Exception):
    """Base of all. `receipt` is set once a call has ended in the error."""

    exit_code: ClassVar[int] = 1
    http_status: ClassVar[int] = 500
    retry_class: RetryClass = "never"
    receipt: Receipt | None = None

    @property
    def retryable(self) -> bool:
        """Whether the same call may succeed later without a change."""
        return self.retry_class != "never"

    @property
    def error_type(self) -> str:
        """A stable name for metrics and logs."""
        return type(self).__name__


class ConfigError(FairleadError):
    """The settings, or what they name, cannot be used. Nothing was sent."""

    exit_code = 2
    http_status = 500


class UnknownProvider(ConfigError):
    """There is no provider of that name; the message has the nearest names."""

    http_status = 404


class UnknownModel(ConfigError):
    """The model's name leads to no provider, or to several."""

    http_status = 404


class MissingCredentials(ConfigError):
    """The provider needs a key; the message names the variables that may hold it."""

    exit_code = 3
    http_status = 401


class ProviderRetired(ConfigError):
    """The service was shut down; the message names its successor."""

    http_status = 410


class LocalModelError(ConfigError):
    """The embedded model cannot be installed or started; the message says what to do."""

    exit_code = 6


class RequestError(FairleadError):
    """The request is wrong in itself. Nothing was sent."""

    exit_code = 2
    http_status = 400


class UnsupportedFeature(RequestError):
    """The target has no such parameter, part or tool; `feature` names it."""

    def __init__(self, feature: str, target: str, hint: str = "") -> None:
        self.feature = feature
        self.target = target
        message = f"{target} does not support {feature}"
        if hint:
            message += f"; {hint}"
        super().__init__(message)


class InvalidRequest(RequestError):
    """An argument cannot be what it is; the message names it."""


class RefusedError(FairleadError):
    """We said no, not the provider."""

    http_status = 503


class DeadlineExceeded(RefusedError):
    """The time for the whole call, retries included, was up."""

    http_status = 504
    exit_code = 6


class TransportError(FairleadError):
    """The line failed. `sent` says whether the whole request had left before it did."""

    exit_code = 6
    http_status = 502
    retry_class: RetryClass = "transient"

    def __init__(self, message: str, *, sent: bool = False) -> None:
        super().__init__(message)
        self.sent = sent


class ConnectError(TransportError):
    """No connection. Certificate errors are `fatal` and never retried."""

    retry_class: RetryClass = "unsent"

    def __init__(self, message: str, *, fatal: bool = False) -> None:
        super().__init__(message)
        if fatal:
            self.retry_class = "never"


class ConnectTimeout(ConnectError):
    """No connection within the connect timeout."""

    http_status = 504


class ReadTimeout(TransportError):
    """Nothing came for too long; `phase` is `first_event`, `idle` or `progress`."""

    http_status = 504

    def __init__(
        self,
        message: str,
        *,
        phase: Literal["first_event", "idle", "progress"] = "idle",
        sent: bool = True,
    ) -> None:
        super().__init__(message, sent=sent)
        self.phase = phase


class ProtocolError(TransportError):
    """The connection broke, or what came over it is not HTTP."""


class PoolTimeout(TransportError):
    """All connection slots stayed taken for longer than the pool timeout."""

    http_status = 503
    retry_class: RetryClass = "never"


class ApiError(FairleadError):
    """The provider said no.

    `status` is the HTTP status (that of the error where it came inside a 200 as one), `code` and
    `kind` the provider's own words, `retry_after` seconds or None, `request_id` what the provider
    calls the request, `target` who said it, `excerpt` at most 300 characters of the body. `remedy`
    says what to do about it where that is known; None where nobody has looked.
    """

    exit_code = 6
    http_status = 502

    def __init__(
        self,
        message: str,
        *,
        status: int,
        target: str,
        code: str | None = None,
        kind: str | None = None,
        request_id: str | None = None,
        excerpt: str = "",
    ) -> None:
        super().__init__(message)
        self.status = status
        self.target = target
        self.code = code
        self.kind = kind
        self.request_id = request_id
        self.excerpt = excerpt[:EXCERPT_LENGTH]
        self.retry_after: float | None = None
        self.should_retry: bool | None = None
        self.remedy: str | None = None

    def __str__(self) -> str:
        parts = [f"{self.target}: {self.args[0]}", f"(HTTP {self.status}"]
        if self.code and self.code != str(self.status):
            parts[-1] += f", {self.code}"
        if self.request_id:
            parts[-1] += f", request {self.request_id}"
        return " ".join(parts) + (f"); {self.remedy}" if self.remedy else ")")


class BadRequestError(ApiError):
    """The provider finds the request wrong."""

    http_status = 400


class ContextLengthError(BadRequestError):
    """The prompt is longer than the model's context window."""


class ContentFilterError(BadRequestError):
    """The provider refused the content."""


class AuthenticationError(ApiError):
    """The provider does not know the key."""

    exit_code = 3
    http_status = 401


class PermissionDeniedError(ApiError):
    """The provider knows the key, which may not do this."""

    exit_code = 3
    http_status = 403


class NotFoundError(ApiError):
    """The provider has no such model or path."""

    http_status = 404


class RateLimitError(ApiError):
    """Too many requests or tokens for now; `retry_after` is how many seconds to wait, if told."""

    exit_code = 4
    http_status = 429
    retry_class: RetryClass = "throttle"


class QuotaExceededError(ApiError):
    """Money or quota is used up; waiting does not help."""

    exit_code = 4
    http_status = 429


class OverloadedError(ApiError):
    """The provider has no capacity for now."""

    http_status = 503
    retry_class: RetryClass = "throttle"


class ServerError(ApiError):
    """The provider failed."""

    retry_class: RetryClass = "transient"


class DecodeError(FairleadError):
    """The answer cannot be read. `excerpt` is at most 300 characters of it."""

    exit_code = 6
    http_status = 502

    def __init__(self, message: str, excerpt: str = "") -> None:
        super().__init__(message)
        self.excerpt = excerpt[:EXCERPT_LENGTH]


class ResponseTooLarge(DecodeError):
    """A line, an event, a tool's arguments or the whole answer passed its cap."""


class MalformedToolArguments(DecodeError):
    """The model's tool arguments are not a JSON object; `arguments` keeps the raw text."""

    def __init__(self, tool: str, arguments: str, reason: str) -> None:
        super().__init__(f"the arguments for tool {tool!r} are not valid: {reason}", arguments)
        self.tool = tool
        self.arguments = arguments


class StreamInterrupted(FairleadError):
    """The stream ended before the answer did.

    `partial` holds what had come, `usage` what had been reported; the cause, where there is one,
    is `__cause__`.
    """

    exit_code = 6
    http_status = 502
    retry_class: RetryClass = "transient"

    def __init__(
        self, message: str, *, partial: Message | None = None, usage: Usage | None = None
    ) -> None:
        super().__init__(message)
        self.partial = partial
        self.usage = usage
