"""A client of the Orders API that retries without repeating itself: `Orders`, and `AsyncOrders` for asyncio.

`verify_webhook` checks webhooks of the service and returns their events.
"""

from ._async import AsyncCallOptions, AsyncOrderList, AsyncOrders
from ._errors import (
    ConflictError,
    ForbiddenError,
    History,
    IdempotencyKeyReusedError,
    InvalidInputError,
    InvalidRequestError,
    InvalidResponseError,
    InvalidTransitionError,
    NetworkError,
    NotFoundError,
    OrdersError,
    OverloadedError,
    RequestError,
    RequestInProgressError,
    RequestTimeoutError,
    ResponseError,
    StaleVersionError,
    UnauthenticatedError,
)
from ._models import (
    Order,
    OrderClosed,
    OrderClosedData,
    OrderClosedEvent,
    OrderConfirmed,
    OrderCreated,
    OrderPage,
    OrderStatus,
    OrderVersion,
    Read,
    WebhookEvent,
)
from ._retry import Retry
from ._sync import CallOptions, OrderList, Orders
from ._version import __version__
from ._webhooks import UnknownEventError, WebhookHeaders, WebhookVerificationError, verify_webhook

__all__ = [
    "AsyncCallOptions",
    "AsyncOrderList",
    "AsyncOrders",
    "CallOptions",
    "ConflictError",
    "ForbiddenError",
    "History",
    "IdempotencyKeyReusedError",
    "InvalidInputError",
    "InvalidRequestError",
    "InvalidResponseError",
    "InvalidTransitionError",
    "NetworkError",
    "NotFoundError",
    "Order",
    "OrderClosed",
    "OrderClosedData",
    "OrderClosedEvent",
    "OrderConfirmed",
    "OrderCreated",
    "OrderList",
    "OrderPage",
    "OrderStatus",
    "OrderVersion",
    "Orders",
    "OrdersError",
    "OverloadedError",
    "Read",
    "RequestError",
    "RequestInProgressError",
    "RequestTimeoutError",
    "ResponseError",
    "Retry",
    "StaleVersionError",
    "UnauthenticatedError",
    "UnknownEventError",
    "WebhookEvent",
    "WebhookHeaders",
    "WebhookVerificationError",
    "__version__",
    "verify_webhook",
]
