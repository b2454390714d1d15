"""Error classes: for each kind of error response, for requests without a response, and for refused input."""

from dataclasses import dataclass

from ._models import ApiError, ErrorDetails, OrderStatus


class OrdersError(Exception):
    """Base class of every error that this package raises."""


class InvalidInputError(OrdersError, ValueError):
    """An argument breaks a rule of the contract. No request was sent."""

    argument: str
    """The name of the argument."""
    code: str
    """The stable code of the rule, as in `@orders/core`: `invalid_order_id`, `out_of_range` and so on."""

    def __init__(self, argument: str, code: str, rule: str) -> None:
        super().__init__(argument, code, rule)
        self.argument = argument
        self.code = code

    def __str__(self) -> str:
        argument, _, rule = self.args
        return f"{argument} {rule}"


@dataclass(frozen=True, slots=True)
class History:
    """What was tried before an error was raised."""

    method: str
    url: str
    attempts: int
    """Requests that were sent, the last one included."""
    elapsed: float
    """Seconds since the call began."""
    may_be_done: bool = False
    """Whether a write may have taken effect, because the response of an attempt was lost or says so."""
    idempotency_key: str | None = None
    """The key of a create. A create that is repeated with it within the hour makes no second order."""

    def __str__(self) -> str:
        attempts = "1 attempt" if self.attempts == 1 else f"{self.attempts} attempts"
        text = f"{self.method} {self.url}, {attempts} in {self.elapsed:.1f} s"
        if not self.may_be_done:
            return text
        if self.idempotency_key is None:
            return f"{text}; the write may have been done: read the order before you repeat it"
        return f"{text}; the write may have been done: repeat it with the idempotency key {self.idempotency_key}"


class RequestError(OrdersError):
    """A request failed. `str(error)` has the reason, and what was tried."""

    reason: str
    """The message of the service, or what went wrong on the way."""
    history: History

    def __init__(self, reason: str, history: History) -> None:
        super().__init__(reason, history)
        self.reason = reason
        self.history = history

    def __str__(self) -> str:
        return f"{self.reason} ({self.history})"


class NetworkError(RequestError):
    """No complete response arrived. `__cause__` is the error of httpx."""


class RequestTimeoutError(NetworkError, TimeoutError):
    """No complete response arrived in time: within `timeout`, or before the `deadline` of the call."""


@dataclass(frozen=True, slots=True)
class Received:
    """The parts of a response that become an error."""

    status: int
    error: ApiError | None = None
    """`None` if the body is not that of an error of the service: a proxy sent the response."""
    request_id: str | None = None
    retry_after: float | None = None
    """Seconds."""

    @property
    def details(self) -> ErrorDetails:
        return self.error.details if self.error else ErrorDetails()


class ResponseError(RequestError):
    """The service, or a proxy in front of it, sent an error response."""

    status: int
    """The HTTP status."""
    code: str | None
    """The service's error code, such as `conflict`; `None` if a proxy sent the response."""
    request_id: str | None
    """`X-Request-Id`, which the service's log lines carry."""
    retry_after: float | None
    """`Retry-After` in seconds."""

    def __init__(self, reason: str, history: History, received: Received) -> None:
        super().__init__(reason, history)
        self.args = (reason, history, received)  # what a copy or a pickle is made from
        self.status = received.status
        self.code = received.error.code if received.error else None
        self.request_id = received.request_id
        self.retry_after = received.retry_after


class InvalidResponseError(ResponseError):
    """A success whose body is not what the contract says: something else than the service responded."""


class InvalidRequestError(ResponseError):
    """400 `invalid_request` or `invalid_cursor`: the request breaks the contract in a way that is not checked here."""

    place: str | None
    """The part of the request: header, path, query or body."""
    member: str | None
    """The name of the invalid header, parameter or body member."""

    def __init__(self, reason: str, history: History, received: Received) -> None:
        super().__init__(reason, history, received)
        self.place = received.details.place
        self.member = received.details.name


class UnauthenticatedError(ResponseError):
    """401 `unauthenticated`: the token is missing, expired or not valid. `reason` says which."""


class ForbiddenError(ResponseError):
    """403 `forbidden`: the token lacks the scope of the operation, or does not name the tenant."""


class NotFoundError(ResponseError):
    """404: the tenant has no such order."""


class IdempotencyKeyReusedError(ResponseError):
    """409 `idempotency_key_reused`: the key was used with a different body within the hour."""


class RequestInProgressError(ResponseError):
    """409 `request_in_progress`: another request with this key has not ended. Retried first."""


class OverloadedError(ResponseError):
    """503 or 429: the service is overloaded, too slow or shutting down. Retried first."""


class ConflictError(ResponseError):
    """409: the order has another version or status than the write needs."""

    current_version: int | None
    """The order's current version."""
    current_status: OrderStatus | None
    """The order's current status."""

    def __init__(self, reason: str, history: History, received: Received) -> None:
        super().__init__(reason, history, received)
        self.current_version = received.details.current_version
        self.current_status = received.details.current_status


class StaleVersionError(ConflictError):
    """409 `stale_version`: another client has written the order since it was read."""

    expected_version: int | None
    """The version in `If-Match`."""

    def __init__(self, reason: str, history: History, received: Received) -> None:
        super().__init__(reason, history, received)
        self.expected_version = received.details.expected_version


class InvalidTransitionError(ConflictError):
    """409 `invalid_transition`: the life cycle has no such transition from the order's status."""
