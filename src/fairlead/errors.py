"""Every error that fairlead raises, by who is to blame.

    FairleadError
    ├── ConfigError              the settings: UnknownProvider, UnknownModel, UnknownBudget,
    │                            MissingCredentials, ProviderRetired, LocalModelError
    ├── RequestError             found before sending: UnsupportedFeature, InvalidRequest,
    │                            TapeMismatch
    ├── RefusedError             we said no: DeadlineExceeded, LimitExceeded, BreakerOpen,
    │                            BudgetExceeded, StoreError, TurnsExceeded
    ├── TransportError           the line: ConnectError, ConnectTimeout, ReadTimeout, ProtocolError,
    │                            PoolTimeout
    ├── ApiError                 the provider said no
    │   ├── BadRequestError      ContextLengthError, ContentFilterError
    │   ├── AuthenticationError, PermissionDeniedError, NotFoundError
    │   ├── RateLimitError, QuotaExceededError
    │   └── OverloadedError, ServerError
    ├── DecodeError              the provider spoke nonsense: ResponseTooLarge, MalformedJson,
    │                            MalformedToolArguments, SchemaMismatch
    ├── ExtractionFailed         no answer of the model had the shape that was asked for
    ├── ToolFailed               a tool of a run, where its errors are not the model's to know
    ├── StreamInterrupted        cut after the answer had begun
    └── AllTargetsFailed         a group: what each target of a route said

`exit_code` follows the command line's table: 1 other, 2 usage, 3 credentials, 4 rate limit,
5 budget, 6 provider or line. `http_status` is what a server would answer in our place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Literal, Self

if TYPE_CHECKING:
    from decimal import Decimal

    from fairlead.types.extraction import SavedTokens
    from fairlead.types.messages import Message
    from fairlead.types.receipts import Receipt
    from fairlead.types.runs import RunResult
    from fairlead.types.usage import Cost, Usage

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


class UnknownBudget(ConfigError):
    """A block names a budget that the settings do not have, and gives no `usd` for it."""


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


class TapeMismatch(RequestError):
    """No exchange on the tape that is replayed answers the request. Nothing was sent.

    `differences` says in what the nearest one differs, a line for each field.
    """

    def __init__(self, message: str, *, differences: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.differences = tuple(differences)


class RefusedError(FairleadError):
    """We said no, not the provider."""

    http_status = 503


class DeadlineExceeded(RefusedError):
    """The time for the whole call, retries included, was up."""

    http_status = 504
    exit_code = 6


class LimitExceeded(RefusedError):
    """One of our own limits would be passed; `retry_after` is when there would be room, if known.

    Nothing was sent. It is never retried by itself: the wait in the queue was the retry.
    """

    http_status = 429
    exit_code = 4
    retry_class: RetryClass = "throttle"

    def __init__(self, message: str, *, target: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.target = target
        self.retry_after = retry_after


class BreakerOpen(RefusedError):
    """The target failed too often, and is left alone for `retry_after` seconds. Nothing was sent.

    It is never retried by itself: another target may take the call.
    """

    exit_code = 6
    retry_class: RetryClass = "throttle"

    def __init__(self, message: str, *, target: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.target = target
        self.retry_after = retry_after


class BudgetExceeded(RefusedError):
    """A budget has too little left for what the call may cost. Nothing was sent.

    `account` names the budget; the amounts are US dollars: its `limit`, what is `spent` and `held`
    of it, and what was `needed`, None where the price is not known. `resets_in` is seconds until
    its period ends.
    """

    http_status = 429
    exit_code = 5

    def __init__(
        self,
        message: str,
        *,
        account: str,
        limit: Decimal,
        spent: Decimal | None = None,
        held: Decimal | None = None,
        needed: Decimal | None = None,
        resets_in: float | None = None,
    ) -> None:
        super().__init__(message)
        self.account = account
        self.limit = limit
        self.spent = spent
        self.held = held
        self.needed = needed
        self.resets_in = resets_in


class StoreError(RefusedError):
    """The store of budgets or shared limits is down, or of no use; the message says what to do."""


class TurnsExceeded(RefusedError):
    """The model would go on calling tools after the last turn it had; `result` is what there is.

    The calls of its last turn were not run. `result` is a `RunResult`.
    """

    def __init__(self, most: int, result: RunResult) -> None:
        turns = "turn" if most == 1 else "turns"
        super().__init__(
            f"the model has not answered within {most} {turns}; allow it more with max_turns"
        )
        self.result = result


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


class MalformedJson(DecodeError):
    """Text is not JSON from the character at `offset` on, counted from 0."""

    def __init__(self, reason: str, offset: int) -> None:
        super().__init__(f"the JSON is not valid at character {offset:,}: {reason}")
        self.reason = reason
        self.offset = offset


class MalformedToolArguments(DecodeError):
    """The model's tool arguments are no JSON object, or not what the tool takes.

    `arguments` keeps the raw text, `path` says where they broke, such as `$.tags[0]`.
    """

    def __init__(self, tool: str, arguments: str, reason: str, *, path: str = "$") -> None:
        where = "" if path == "$" else f" at {path}"
        super().__init__(
            f"the arguments for tool {tool!r} are not valid: {reason}{where}", arguments
        )
        self.tool = tool
        self.arguments = arguments
        self.path = path


class SchemaMismatch(DecodeError):
    """A value is not what its type or JSON Schema asks for; `path` says where, as `$.tags[0]`."""

    def __init__(self, reason: str, path: str = "$", excerpt: str = "") -> None:
        super().__init__(f"the value does not fit: {reason} at {path}", excerpt)
        self.reason = reason
        self.path = path


class ExtractionFailed(FairleadError):
    """The model gave no value of the type that was asked for, or refused to, or ran out of room.

    `kind` says which. `text` is its last answer as far as it was read, `path` where that broke,
    such as `$.tags[0]`, and `reason` why. `attempts` is how often it was asked; `receipt`, `usage`
    and `cost` count all of them. `items` are the good ones of `stream_items` before it, `complete`
    the fields that had come and were right. `saved` is about how much was not written because the
    answer was stopped at its first fault.
    """

    exit_code = 6
    http_status = 502

    def __init__(
        self,
        message: str,
        *,
        kind: Literal["invalid", "refused", "length"],
        reason: str,
        path: str = "$",
        text: str = "",
        attempts: int = 1,
        items: Sequence[object] = (),
        complete: Sequence[str | int] = (),
        usage: Usage | None = None,
        cost: Cost | None = None,
        saved: SavedTokens | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.reason = reason
        self.path = path
        self.text = text
        self.attempts = attempts
        self.items = tuple(items)
        self.complete = tuple(complete)
        self.usage = usage
        self.cost = cost
        self.saved = saved


class ToolFailed(FairleadError):
    """A tool raised, took too long, does not exist, or gave what cannot be written as JSON.

    `tool` is its name; what it raised is `__cause__`.
    """

    def __init__(self, tool: str, reason: str) -> None:
        super().__init__(f"the tool {tool!r} failed: {reason}")
        self.tool = tool


class StreamInterrupted(FairleadError):
    """The stream ended before the answer did.

    `partial` holds what had come, which may be nothing, `usage` what had been reported; the cause,
    where there is one, is `__cause__`.
    """

    exit_code = 6
    http_status = 502
    retry_class: RetryClass = "transient"

    def __init__(self, message: str, *, partial: Message, usage: Usage | None = None) -> None:
        super().__init__(message)
        self.partial = partial
        self.usage = usage


class AllTargetsFailed(ExceptionGroup[FairleadError], FairleadError):
    """No target of a route answered; `exceptions` holds what each of `targets` said last.

    Those that could not do what the request needs, and were not asked, are among them.
    `except* RateLimitError` and the like pick out single ones.
    """

    exit_code = 6
    http_status = 502

    def __new__(
        cls,
        message: str,
        exceptions: Sequence[FairleadError],
        targets: Sequence[str] = (),  # noqa: ARG004  # for __init__
    ) -> Self:
        made = super().__new__(cls, message, exceptions)
        # Another call may go well as soon as one of them may.
        if any(error.retryable for error in exceptions):
            made.retry_class = "transient"
        return made

    def __init__(
        self, message: str, exceptions: Sequence[FairleadError], targets: Sequence[str] = ()
    ) -> None:
        super().__init__(message, exceptions)
        self.targets = tuple(targets)

    @property
    def retry_after(self) -> float | None:
        """Seconds until the first of the targets may be asked again, as far as any has said."""
        said = [getattr(error, "retry_after", None) for error in self.exceptions]
        return min((seconds for seconds in said if seconds is not None), default=None)

    def __str__(self) -> str:
        said = [str(error) for error in self.exceptions]
        for place, target in enumerate(self.targets):
            if not said[place].startswith(target):
                said[place] = f"{target}: {said[place]}"
        return f"{self.message}: " + "; ".join(said)
