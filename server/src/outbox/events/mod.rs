//! The use cases of operators: list events, and make parked ones wait again. The admin listener and
//! `orders outbox` share them.
//!
//! **Invariant:** a list reads at most [`MAX_EXAMINED`] events of one index, whatever the filter
//! and the size of the outbox.

mod cursor;
mod error;
mod filter;
pub mod representation;

use orders_core::tenant::TenantId;
use uuid::Uuid;

pub use self::{cursor::EventCursor, error::EventsError, filter::EventFilter};
pub use super::store::StoredEvent;
use super::store::{self, RetryOutcome};
use crate::db::Db;

/// The maximum number of events that a list reads for a page.
pub const MAX_EXAMINED: u16 = 1_000;

/// The events of the outbox. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Events(Db);

/// A page of events.
#[derive(Debug)]
pub struct EventPage {
    /// At most as many as the limit.
    pub events: Vec<StoredEvent>,
    /// The cursor of the next page; `None` on the last one.
    pub next: Option<EventCursor>,
}

// === impl Events ===

impl Events {
    /// The events of a database.
    pub fn new(db: Db) -> Self {
        Self(db)
    }

    /// Reads the page behind `after`; the first page without a cursor. `limit` is at most
    /// [`MAX_EXAMINED`]. The page may be shorter, although another one follows.
    ///
    /// # Errors
    /// [`EventsError::InvalidCursor`] if the cursor is that of a list in another order,
    /// [`EventsError::Database`].
    pub async fn list(
        &self,
        filter: &EventFilter,
        limit: u16,
        after: Option<EventCursor>,
    ) -> Result<EventPage, EventsError> {
        let range = filter.range();
        let start = match after {
            Some(cursor) => cursor.position_in(range)?,
            None => range.start(filter.tenant()),
        };
        let row_limit = if filter.is_range() {
            // One more than the page holds tells whether there is a next page.
            limit.saturating_add(1)
        } else {
            MAX_EXAMINED
        };
        let mut rows = store::list(&self.0, range, &start, row_limit.into()).await?;
        let mut is_last = rows.len() < usize::from(row_limit);
        if let Some(behind) = rows.iter().position(|event| filter.is_behind(event)) {
            rows.truncate(behind);
            is_last = true;
        }

        let (mut rows, mut events, mut end) = (rows.into_iter(), Vec::new(), start);
        while events.len() < usize::from(limit)
            && let Some(event) = rows.next()
        {
            end = range.behind(&event);
            if filter.matches(&event) {
                events.push(event);
            }
        }
        let has_next = !is_last || rows.len() > 0;
        let next = has_next.then(|| EventCursor::new(range, end));
        Ok(EventPage { events, next })
    }

    /// Makes a parked event due again, with all its attempts.
    ///
    /// # Errors
    /// [`EventsError::NotFound`], [`EventsError::NotParked`], [`EventsError::Database`].
    pub async fn retry(&self, tenant: &TenantId, id: Uuid) -> Result<StoredEvent, EventsError> {
        match store::retry(&self.0, tenant, id).await? {
            RetryOutcome::Retried(event) => Ok(event),
            RetryOutcome::NotParked(event) => Err(EventsError::NotParked(event.state)),
            RetryOutcome::NotFound => Err(EventsError::NotFound),
        }
    }

    /// Makes those of the events that are parked due again, with all their attempts. Returns them.
    ///
    /// # Errors
    /// [`EventsError::Database`].
    pub async fn retry_all(&self, events: &[StoredEvent]) -> Result<Vec<StoredEvent>, EventsError> {
        Ok(store::retry_all(&self.0, events).await?)
    }
}
