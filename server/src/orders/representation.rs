//! Orders as the contract's models: what responses, stored responses and events contain.

use orders_api::{
    DateTime, OrderClosed, OrderClosedData, OrderConfirmed, OrderCreated, OrderPage, OrderStatus,
};
use orders_core::order::{Status, TotalCents};
use serde::Serialize;

use super::{error::Error, list::Page, order::Order};

/// The contract's word for a status.
pub const fn status(status: Status) -> OrderStatus {
    match status {
        Status::Draft => OrderStatus::Draft,
        Status::Confirmed => OrderStatus::Confirmed,
        Status::Closed => OrderStatus::Closed,
    }
}

/// A whole order.
pub fn order(order: Order) -> orders_api::Order {
    orders_api::Order {
        id: order.id.get(),
        status: status(order.status),
        version: order.version.get(),
        total_cents: order.total_cents.map(TotalCents::get),
        created_at: DateTime::new(order.created_at),
        updated_at: DateTime::new(order.updated_at),
        tenant_id: order.tenant_id.into(),
    }
}

/// A page of whole orders.
pub fn page(page: Page) -> OrderPage {
    OrderPage {
        items: page.orders.into_iter().map(order).collect(),
        next_cursor: page.next.map(|cursor| cursor.encode()),
    }
}

/// The response to a confirm.
///
/// # Errors
/// [`Error::Corrupt`] if the order has no total, which the schema allows a draft alone.
pub fn order_confirmed(order: &Order) -> Result<OrderConfirmed, Error> {
    let total_cents = order.total_cents;
    Ok(OrderConfirmed {
        id: order.id.get(),
        status: status(order.status),
        version: order.version.get(),
        total_cents: total_cents
            .ok_or(Error::Corrupt("a confirmed order without a total"))?
            .get(),
    })
}

/// The response to a close.
pub fn order_closed(order: &Order) -> OrderClosed {
    OrderClosed {
        id: order.id.get(),
        status: status(order.status),
        version: order.version.get(),
    }
}

/// The response to a create, as JSON: written here once, stored with the idempotency key, and sent
/// by the first response and by each replay.
pub fn order_created_json(draft: &Order) -> String {
    json(&OrderCreated {
        id: draft.id.get(),
        tenant_id: draft.tenant_id.as_str().to_owned(),
        status: status(draft.status),
        version: draft.version.get(),
        created_at: DateTime::new(draft.created_at),
    })
}

/// The payload of `orders.closed`, as JSON.
pub fn order_closed_payload(order: &Order) -> String {
    json(&OrderClosedData {
        order_id: order.id.get(),
        tenant_id: order.tenant_id.as_str().to_owned(),
        // The schema refuses a closed order without a total.
        total_cents: order.total_cents.map_or(0, TotalCents::get),
        closed_at: DateTime::new(order.updated_at),
    })
}

/// Models hold strings, numbers and enums, all of which JSON can represent.
fn json(model: &impl Serialize) -> String {
    serde_json::to_string(model).unwrap_or_default()
}
