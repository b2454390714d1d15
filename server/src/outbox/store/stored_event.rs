//! An event as operators see it.

use orders_admin_api::EventState;
use orders_core::timestamp::Timestamp;
use orders_db::queries::outbox::Stored;
use uuid::Uuid;

use crate::time::from_db;

/// A row of the outbox without its payload.
#[derive(Clone, Debug)]
pub struct StoredEvent {
    /// The event.
    pub id: Uuid,
    /// The owner, as stored.
    pub tenant_id: String,
    /// The order that changed.
    pub order_id: Uuid,
    /// What happened.
    pub event_type: String,
    /// Its state at the time of the statement, by the database's clock.
    pub state: EventState,
    /// When the order changed.
    pub created_at: Timestamp,
    /// When a relay may claim the event.
    pub due_at: Timestamp,
    /// The number of attempts that have failed.
    pub failed_attempts: i32,
    /// When the acknowledgement was stored.
    pub published_at: Option<Timestamp>,
    /// When the event was parked.
    pub parked_at: Option<Timestamp>,
    /// The error of the last failed attempt.
    pub last_error: Option<String>,
}

// === impl StoredEvent ===

impl From<Stored> for StoredEvent {
    fn from(row: Stored) -> Self {
        Self {
            state: match (row.published_at, row.parked_at) {
                (Some(_), _) => EventState::Published,
                (None, Some(_)) => EventState::Parked,
                (None, None) if row.is_leased => EventState::Leased,
                (None, None) => EventState::Waiting,
            },
            id: row.id,
            tenant_id: row.tenant_id,
            order_id: row.order_id,
            event_type: row.event_type,
            created_at: from_db(row.created_at),
            due_at: from_db(row.due_at),
            failed_attempts: row.attempts,
            published_at: row.published_at.map(from_db),
            parked_at: row.parked_at.map(from_db),
            last_error: row.last_error,
        }
    }
}
