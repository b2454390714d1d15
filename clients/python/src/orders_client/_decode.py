"""How models are read from JSON. Members that a model does not have are ignored: a newer service may send more.

Each function raises `DecodeError` if a member is missing or has another type than in the contract.
"""

from ._json import Json
from ._models import (
    ApiError,
    ErrorDetails,
    Order,
    OrderClosed,
    OrderClosedData,
    OrderClosedEvent,
    OrderConfirmed,
    OrderCreated,
    OrderPage,
)


def order(json: Json) -> Order:
    return Order(
        id=json.uuid("id"),
        tenant_id=json.text("tenantId"),
        status=json.status("status"),
        version=json.integer("version"),
        total_cents=json.optional("totalCents", json.integer),
        created_at=json.instant("createdAt"),
        updated_at=json.instant("updatedAt"),
    )


def order_created(json: Json) -> OrderCreated:
    return OrderCreated(
        id=json.uuid("id"),
        tenant_id=json.text("tenantId"),
        status=json.status("status"),
        version=json.integer("version"),
        created_at=json.instant("createdAt"),
    )


def order_confirmed(json: Json) -> OrderConfirmed:
    return OrderConfirmed(
        id=json.uuid("id"),
        status=json.status("status"),
        version=json.integer("version"),
        total_cents=json.integer("totalCents"),
    )


def order_closed(json: Json) -> OrderClosed:
    return OrderClosed(id=json.uuid("id"), status=json.status("status"), version=json.integer("version"))


def order_page(json: Json) -> OrderPage:
    return OrderPage(
        items=tuple(order(item) for item in json.objects("items")),
        next_cursor=json.optional("nextCursor", json.text),
    )


def api_error(json: Json) -> ApiError:
    details = json.optional("details", json.object)
    return ApiError(
        code=json.text("code"),
        message=json.text("message"),
        details=_error_details(details) if details else ErrorDetails(),
    )


def _error_details(json: Json) -> ErrorDetails:
    return ErrorDetails(
        place=json.optional("in", json.text),
        name=json.optional("name", json.text),
        reason=json.optional("reason", json.text),
        expected_version=json.optional("expectedVersion", json.integer),
        current_version=json.optional("currentVersion", json.integer),
        current_status=json.optional("currentStatus", json.status),
    )


def order_closed_event(json: Json) -> OrderClosedEvent:
    return OrderClosedEvent(
        id=json.uuid("id"),
        source=json.text("source"),
        type="orders.closed",
        subject=json.uuid("subject"),
        time=json.instant("time"),
        tenantid=json.text("tenantid"),
        traceparent=json.optional("traceparent", json.text),
        data=_order_closed_data(json.object("data")),
    )


def _order_closed_data(json: Json) -> OrderClosedData:
    return OrderClosedData(
        order_id=json.uuid("orderId"),
        tenant_id=json.text("tenantId"),
        total_cents=json.integer("totalCents"),
        closed_at=json.instant("closedAt"),
    )
