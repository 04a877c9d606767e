"""Which error a refusal is, from its status and the provider's own words.

One function serves status errors, error objects inside a 200 and error events in a stream alike.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from fairlead.dialects.jsontext import excerpt, untyped
from fairlead.dialects.web_page import is_web_page, remedy, words_of
from fairlead.errors import (
    ApiError,
    AuthenticationError,
    BadRequestError,
    ContentFilterError,
    ContextLengthError,
    DecodeError,
    NotFoundError,
    OverloadedError,
    PermissionDeniedError,
    QuotaExceededError,
    RateLimitError,
    ServerError,
)
from fairlead.types.http import Headers

_BY_WORD: dict[str, tuple[int, type[ApiError]]] = {
    "insufficient_quota": (429, QuotaExceededError),
    "credit_balance_exhausted": (429, QuotaExceededError),
    "billing_hard_limit_reached": (429, QuotaExceededError),
    "enforced_spend_limit_reached": (429, QuotaExceededError),
    "billing_error": (402, QuotaExceededError),
    "insufficient_balance": (402, QuotaExceededError),
    "rate_limit_exceeded": (429, RateLimitError),
    "rate_limit_error": (429, RateLimitError),
    "too_many_requests": (429, RateLimitError),
    "slow_down": (429, RateLimitError),
    "server_is_overloaded": (503, OverloadedError),
    "overloaded_error": (529, OverloadedError),
    "engine_overloaded_error": (503, OverloadedError),
    "context_length_exceeded": (400, ContextLengthError),
    "exceed_context_size_error": (400, ContextLengthError),
    "request_too_large": (413, ContextLengthError),
    "content_filter": (400, ContentFilterError),
    "content_policy_violation": (400, ContentFilterError),
    "datainspectionfailed": (400, ContentFilterError),
    "data_inspection_failed": (400, ContentFilterError),
    "invalid_request_error": (400, BadRequestError),
    "invalid_prompt": (400, BadRequestError),
    "authentication_error": (401, AuthenticationError),
    "invalid_api_key": (401, AuthenticationError),
    "permission_error": (403, PermissionDeniedError),
    "not_found_error": (404, NotFoundError),
    "model_not_found": (404, NotFoundError),
    "chat_completions_not_available": (403, NotFoundError),
    "agent_api_migration_required": (403, NotFoundError),
    "server_error": (500, ServerError),
    "api_error": (500, ServerError),
    "internal_server_error": (500, ServerError),
    "timeout_error": (504, ServerError),
    "throttlingexception": (429, RateLimitError),
    "modelnotreadyexception": (429, RateLimitError),
    "servicequotaexceededexception": (400, QuotaExceededError),
    "serviceunavailableexception": (503, OverloadedError),
    "validationexception": (400, BadRequestError),
    "unrecognizedclientexception": (403, AuthenticationError),
    "invalidsignatureexception": (403, AuthenticationError),
    "incompletesignatureexception": (403, AuthenticationError),
    "missingauthenticationtokenexception": (403, AuthenticationError),
    "expiredtokenexception": (403, AuthenticationError),
    "accessdeniedexception": (403, PermissionDeniedError),
    "resourcenotfoundexception": (404, NotFoundError),
    "modeltimeoutexception": (408, ServerError),
    "modelerrorexception": (424, ServerError),
    "modelstreamerrorexception": (424, ServerError),
    "internalserverexception": (500, ServerError),
}
"""The provider's code or type, with the status it stands for where none came with it."""

_SURE = (QuotaExceededError, ContentFilterError, ContextLengthError)
"""Words that say more than any status."""

_SURE_OF_A_REFUSAL = (AuthenticationError, NotFoundError)
"""Words that say more than a mere 400 or 403."""

_BY_STATUS: Mapping[int, type[ApiError]] = {
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    410: NotFoundError,
    429: RateLimitError,
    498: RateLimitError,
    503: OverloadedError,
    529: OverloadedError,
}
_DETERMINISTIC = frozenset({501, 505, 506, 507, 508, 510, 511})
"""Server errors that the same request would meet again."""

_CONTEXT = re.compile(
    r"context (?:length|window|size|limit)|maximum context|(?:prompt|input) is too long"
    r"|input \(\d+ tokens\) is too large|too many (?:input )?tokens"
    r"|must have less than \d+ tokens|exceeds maximum allowed token size"
    r"|max allowed tokens per submitted batch"
    r"|exceeds? the (?:available|maximum) (?:context|number of tokens)",
    re.IGNORECASE,
)
_TOO_LONG = "send less, or ask a model that takes more"
_SPENT = "add credit or raise the limit there, or ask another provider"
_WRONG_KEY = re.compile(r"(?:incorrect|invalid) api key", re.IGNORECASE)
_QUOTA = re.compile(
    r"credit balance|insufficient (?:balance|credits|funds|quota)"
    r"|spend(?:ing)? limit|usage limits? .{0,200}(?:regain|reset)",
    re.IGNORECASE,
)
_ID_HEADERS = (
    "x-request-id",
    "request-id",
    "apim-request-id",
    "mistral-correlation-id",
    "x-generation-id",
    "x-amzn-requestid",
    "cf-ray",
)


def classify(
    message: str,
    *,
    status: int | None,
    target: str,
    code: str | None = None,
    kind: str | None = None,
    headers: Headers | None = None,
    body: bytes = b"",
) -> ApiError:
    """The error that fits. `status` is None where the error came without one, inside a 200."""
    if status is None and code is not None and code.isdigit() and 400 <= int(code) <= 599:
        status = int(code)
    known = _BY_WORD.get((code or "").lower()) or _BY_WORD.get((kind or "").lower())
    effective = status or (known[0] if known else 500)
    error = _pick(effective, message, known[1] if known else None)(
        message or "no message",
        status=effective,
        target=target,
        code=code,
        kind=kind,
        request_id=request_id(headers),
        excerpt=excerpt(body) or message,
    )
    if isinstance(error, ContextLengthError):
        error.remedy = _TOO_LONG
    elif isinstance(error, QuotaExceededError):
        error.remedy = _SPENT
    elif is_web_page(body) and not isinstance(error, AuthenticationError):
        error.remedy = remedy(effective)
    if effective in _DETERMINISTIC:
        error.retry_class = "never"
    if headers is not None:
        error.should_retry = {"true": True, "false": False}.get(
            (headers.get("x-should-retry") or "").lower()
        )
    return error


def _pick(status: int, message: str, known: type[ApiError] | None) -> type[ApiError]:
    if known in _SURE or (status in (400, 403) and known in _SURE_OF_A_REFUSAL):
        return known
    if status == 400 and _WRONG_KEY.search(message):
        return AuthenticationError
    if status == 402 or (status in (400, 403, 429) and _QUOTA.search(message)):
        return QuotaExceededError
    if status == 413 or (status in (400, 422, 500) and _CONTEXT.search(message)):
        return ContextLengthError
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status < 500 and status not in (408, 424):
        return BadRequestError
    return OverloadedError if known is OverloadedError else ServerError


def request_id(headers: Headers | None) -> str | None:
    """The id that the provider's support asks for."""
    if headers is None:
        return None
    for name in _ID_HEADERS:
        if value := headers.get(name):
            return value
    return None


def error_fields(body: bytes) -> tuple[str, str | None, str | None]:
    """Message, code and type out of any error body that is known in the wild."""
    try:
        value = untyped(body)
    except DecodeError:
        return words_of(body) if is_web_page(body) else excerpt(body).strip(), None, None
    return fields_of(value)


def fields_of(value: object) -> tuple[str, str | None, str | None]:
    """The same, of a body that is already decoded."""
    if isinstance(value, list) and value:
        value = value[0]
    if isinstance(value, str):
        return value, None, None
    if not isinstance(value, dict):
        return "", None, None
    error = value.get("error")
    inner = error if isinstance(error, dict) else value
    message = _first_text(inner, value, error)
    code = inner.get("code", value.get("code"))
    kind = inner.get("type", inner.get("status"))
    return message, _word(code), _word(kind)


def _first_text(inner: dict[str, object], outer: dict[str, object], error: object) -> str:
    candidates: list[object] = [inner.get("message"), error, outer.get("message")]
    candidates += [outer.get("Message"), outer.get("detail"), outer.get("title")]
    errors = outer.get("errors")
    if isinstance(errors, list) and errors:
        first = errors[0]
        candidates.append(first.get("message") if isinstance(first, dict) else first)
    base = outer.get("base_resp")
    if isinstance(base, dict):
        candidates.append(base.get("status_msg"))
    for candidate in candidates:
        if isinstance(candidate, str) and candidate:
            return candidate
        if isinstance(candidate, list) and candidate:
            first = candidate[0]
            text = first.get("msg") if isinstance(first, dict) else first
            if isinstance(text, str):
                return text
    return ""


def _word(value: object) -> str | None:
    if isinstance(value, bool) or value is None:
        return None
    return str(value) if isinstance(value, str | int) else None
