"""The models of the contract as immutable values."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

OrderStatus = Literal["draft", "confirmed", "closed"]
"""The status of an order. It changes in this order, and never back."""


class Read(Protocol):
    """What a write needs to know of an order: its id, and the version that was read."""

    @property
    def id(self) -> UUID | str: ...

    @property
    def version(self) -> int: ...


@dataclass(frozen=True, slots=True)
class OrderVersion:
    """A `Read` of stored values, for example of a form."""

    id: UUID | str
    version: int


@dataclass(frozen=True, slots=True)
class Order:
    """A whole order."""

    id: UUID
    """Created by the service."""
    tenant_id: str
    """The tenant that owns the order."""
    status: OrderStatus
    version: int
    """Starts at 1. Each write adds 1."""
    total_cents: int | None
    """The total in the currency's smallest unit; `None` until the order is confirmed."""
    created_at: datetime
    """To the microsecond, by the database's clock."""
    updated_at: datetime
    """When the order was last written."""


@dataclass(frozen=True, slots=True)
class OrderCreated:
    """A new draft."""

    id: UUID
    tenant_id: str
    status: OrderStatus
    version: int
    """Always 1."""
    created_at: datetime


@dataclass(frozen=True, slots=True)
class OrderConfirmed:
    """A confirmed order."""

    id: UUID
    status: OrderStatus
    version: int
    """The version after this write."""
    total_cents: int


@dataclass(frozen=True, slots=True)
class OrderClosed:
    """A closed order."""

    id: UUID
    status: OrderStatus
    version: int
    """The version after this write."""


@dataclass(frozen=True, slots=True)
class OrderPage:
    """A page of orders, newest first."""

    items: tuple[Order, ...]
    next_cursor: str | None
    """The `cursor` of the next page; `None` on the last one."""


@dataclass(frozen=True, slots=True)
class ErrorDetails:
    """Facts about an error. Which are present depends on its code and reason."""

    place: str | None = None
    """The part of the request that is invalid: header, path, query or body."""
    name: str | None = None
    """The invalid header, parameter or body member."""
    reason: str | None = None
    """The kind of conflict."""
    expected_version: int | None = None
    current_version: int | None = None
    current_status: OrderStatus | None = None


@dataclass(frozen=True, slots=True)
class ApiError:
    """The body of an error response."""

    code: str
    message: str
    details: ErrorDetails


@dataclass(frozen=True, slots=True)
class OrderClosedData:
    """The order that was closed."""

    order_id: UUID
    tenant_id: str
    total_cents: int
    closed_at: datetime


@dataclass(frozen=True, slots=True)
class OrderClosedEvent:
    """The CloudEvent `orders.closed`. Its attributes have the names of CloudEvents 1.0."""

    id: UUID
    """The same at every delivery: drop an event whose id you have handled."""
    source: str
    """The service that sends it."""
    type: Literal["orders.closed"]
    subject: UUID
    """The order."""
    time: datetime
    """When the order was closed, by the database's clock."""
    tenantid: str
    """The tenant that owns the order."""
    traceparent: str | None
    """The W3C trace context of the request that closed the order, if it had one."""
    data: OrderClosedData


WebhookEvent = OrderClosedEvent
"""Every event that the service sends. It becomes a union when there is a second one."""
