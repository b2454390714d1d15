//! Events as the contract's models: what the admin listener sends and `orders outbox` prints.

use orders_admin_api::{DateTime, Event};

use super::{EventPage, StoredEvent};

/// An event.
pub fn event(event: StoredEvent) -> Event {
    Event {
        id: event.id,
        tenant_id: event.tenant_id,
        order_id: event.order_id,
        r_type: event.event_type,
        state: event.state,
        created_at: DateTime::new(event.created_at),
        due_at: DateTime::new(event.due_at),
        attempts: event.failed_attempts,
        published_at: event.published_at.map(DateTime::new),
        parked_at: event.parked_at.map(DateTime::new),
        last_error: event.last_error,
    }
}

/// A page of events.
pub fn page(page: EventPage) -> orders_admin_api::EventPage {
    orders_admin_api::EventPage {
        items: page.events.into_iter().map(event).collect(),
        next_cursor: page.next.map(|cursor| cursor.encode()),
    }
}
