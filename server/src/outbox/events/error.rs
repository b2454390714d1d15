//! Why a use case of operators fails.

use orders_admin_api::EventState;
use orders_core::cursor::InvalidCursor;
use thiserror::Error;

use crate::db::DbError;

/// Why a use case fails.
#[derive(Debug, Error)]
pub enum EventsError {
    /// A filter by order names no tenant.
    #[error("orderId needs tenantId")]
    OrderWithoutTenant,
    /// The cursor is that of a list in another order.
    #[error("cursor {0}")]
    InvalidCursor(#[from] InvalidCursor),
    /// The tenant has no such event.
    #[error("no such event")]
    NotFound,
    /// The event is in another state.
    #[error("not parked: the event is {}", .0.as_str())]
    NotParked(EventState),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}
