"""The requests of the contract, and what a response means. No IO and no clock."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlencode
from uuid import UUID

from . import _decode as decode
from . import _rules
from ._errors import (
    ForbiddenError,
    History,
    IdempotencyKeyReusedError,
    InvalidRequestError,
    InvalidTransitionError,
    NetworkError,
    NotFoundError,
    OverloadedError,
    Received,
    RequestError,
    RequestInProgressError,
    RequestTimeoutError,
    ResponseError,
    StaleVersionError,
    UnauthenticatedError,
)
from ._json import DecodeError, Json
from ._models import Read

_JSON = {"content-type": "application/json"}


@dataclass(frozen=True, slots=True)
class Request:
    """A request of the contract."""

    method: str
    url: str
    """Relative to the address of the service until the core completes it."""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    """With names in lower case."""
    body: bytes | None = None

    @property
    def is_write(self) -> bool:
        return self.method != "GET"

    @property
    def idempotency_key(self) -> str | None:
        return self.headers.get("idempotency-key")


@dataclass(frozen=True, slots=True)
class Response:
    """A complete response."""

    status: int
    headers: Mapping[str, str]
    """Looked up without regard to case."""
    body: bytes

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class NoResponse:
    """No complete response arrived."""

    reason: str
    is_sent: bool
    """Whether the service may have got the request."""
    is_timeout: bool
    cause: BaseException | None


# === requests ===


def create_order(body: Mapping[str, object] | None, idempotency_key: str) -> Request:
    # JSON text from the start: a retry must send the same body, also if the caller changes its object in between.
    text = None if body is None else _rules.json_object(body)
    headers = {"idempotency-key": _rules.idempotency_key(idempotency_key), **({} if text is None else _JSON)}
    return Request("POST", "/orders", headers, text)


def get_order(order_id: UUID | str) -> Request:
    return Request("GET", f"/orders/{_rules.order_id(order_id)}")


def list_orders(page_size: int | None, cursor: str | None) -> Request:
    query: dict[str, str] = {}
    if page_size is not None:
        query["limit"] = str(_rules.page_size(page_size))
    if cursor is not None:
        query["cursor"] = _rules.cursor(cursor)
    return Request("GET", f"/orders?{urlencode(query)}" if query else "/orders")


def confirm_order(read: Read, total_cents: int) -> Request:
    url = f"/orders/{_rules.order_id(read.id)}/confirm"
    body = _rules.json_object({"totalCents": _rules.total_cents(total_cents)})
    return Request("PATCH", url, {"if-match": _entity_tag(read), **_JSON}, body)


def close_order(read: Read) -> Request:
    return Request("POST", f"/orders/{_rules.order_id(read.id)}/close", {"if-match": _entity_tag(read)})


def _entity_tag(read: Read) -> str:
    return f'"{_rules.version(read.version)}"'


# === responses ===


def received(response: Response, now: datetime) -> Received:
    """The parts of an error response that become an error."""
    try:
        error = decode.api_error(Json.parse(response.body))
    except DecodeError:
        error = None
    retry_after = _seconds(response.headers.get("retry-after"), now)
    return Received(response.status, error, response.headers.get("x-request-id"), retry_after)


def error_of(outcome: Received | NoResponse, history: History) -> RequestError:
    """The error that a failed request ends with."""
    if isinstance(outcome, NoResponse):
        kind = RequestTimeoutError if outcome.is_timeout else NetworkError
        return kind(outcome.reason, history)
    message = outcome.error.message if outcome.error else f"status {outcome.status} without an error of the service"
    return _class_of(outcome)(message, history, outcome)


_BY_REASON: Mapping[str | None, type[ResponseError]] = {
    "idempotency_key_reused": IdempotencyKeyReusedError,
    "request_in_progress": RequestInProgressError,
    "stale_version": StaleVersionError,
    "invalid_transition": InvalidTransitionError,
}

# By status, because a proxy may have sent the response.
_BY_STATUS: Mapping[int, type[ResponseError]] = {
    401: UnauthenticatedError,
    403: ForbiddenError,
    429: OverloadedError,
    503: OverloadedError,
}

_BY_CODE: Mapping[str, type[ResponseError]] = {
    "not_found": NotFoundError,
    "invalid_request": InvalidRequestError,
    "invalid_cursor": InvalidRequestError,
}


def _class_of(outcome: Received) -> type[ResponseError]:
    code = outcome.error.code if outcome.error else ""
    by_reason = _BY_REASON.get(outcome.details.reason)
    return by_reason or _BY_STATUS.get(outcome.status) or _BY_CODE.get(code) or ResponseError


def _seconds(retry_after: str | None, now: datetime) -> float | None:
    """`Retry-After` is a number of seconds or a date (RFC 9110 §10.2.3)."""
    if retry_after is None:
        return None
    if re.fullmatch(r"[0-9]{1,9}", retry_after):
        return float(retry_after)
    try:
        date = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    return max(0.0, (date.replace(tzinfo=date.tzinfo or UTC) - now).total_seconds())
