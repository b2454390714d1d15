//! Writes completions.

use std::time::Duration;

use orders_db::{
    client::Params,
    queries::outbox::{
        MarkPublished, MarkPublishedParams, RecordFailuresParams, ReleaseLeasesParams,
        mark_published, record_failures, release_leases,
    },
};
use time::OffsetDateTime;
use tokio_postgres::Error;
use uuid::Uuid;

use super::{
    completion::{Completion, Outcome, Retry},
    lease::Lease,
};
use crate::db::{Connection, Db, DbError, LockWait, Session, Tenants};

/// The columns that all statements have.
#[derive(Default)]
struct Columns<'a> {
    tenant_ids: Vec<&'a str>,
    ids: Vec<Uuid>,
    leases: Vec<OffsetDateTime>,
}

/// The completions by statement.
#[derive(Default)]
struct Statements<'a> {
    published: Columns<'a>,
    failed: Columns<'a>,
    errors: Vec<&'a str>,
    delays: Vec<f64>,
    parks: Vec<bool>,
    released: Columns<'a>,
    release_delays: Vec<f64>,
}

/// Writes all completions or none. One round trip. Returns the times from the commits of events to
/// their marks as published, by the database's clock.
///
/// # Errors
/// [`DbError::LockTimeout`] if another transaction holds the row of an event for longer than 50 ms;
/// otherwise as [`Db::pipelined`].
pub async fn complete(db: &Db, completions: &[Completion]) -> Result<Vec<Duration>, DbError> {
    let tenants = Tenants::of(completions.iter().map(|done| &done.lease.tenant));
    let write = |client: Connection| async move {
        let statements = Statements::of(completions);
        let (published, failed, released) = tokio::join!(
            biased;
            statements.mark_published(&client),
            statements.record_failures(&client),
            statements.release_leases(&client),
        );
        let lags = published?;
        failed.and(released).map(|()| lags)
    };
    db.pipelined("complete_events", &tenants, LockWait::Brief, write)
        .await
}

// === impl Columns ===

impl<'a> Columns<'a> {
    fn push(&mut self, lease: &'a Lease) {
        self.tenant_ids.push(lease.tenant.as_str());
        self.ids.push(lease.event_id);
        self.leases.push(lease.ends_at);
    }
}

// === impl Statements ===

impl<'a> Statements<'a> {
    fn of(completions: &'a [Completion]) -> Self {
        let mut statements = Self::default();
        for Completion { lease, outcome } in completions {
            match outcome {
                Outcome::Published => statements.published.push(lease),
                Outcome::Failed { error, retry } => {
                    let (delay, park) = match retry {
                        Retry::After(delay) => (*delay, false),
                        Retry::Never => (Duration::ZERO, true),
                    };
                    statements.failed.push(lease);
                    statements.errors.push(error);
                    statements.delays.push(delay.as_secs_f64());
                    statements.parks.push(park);
                }
                Outcome::Released(delay) => {
                    statements.released.push(lease);
                    statements.release_delays.push(delay.as_secs_f64());
                }
            }
        }
        statements
    }

    async fn mark_published(&self, client: &Session) -> Result<Vec<Duration>, Error> {
        let Columns {
            tenant_ids, ids, ..
        } = &self.published;
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let params = MarkPublishedParams { tenant_ids, ids };
        let marked = mark_published().params(client, &params).all().await?;
        // Negative after the clock was set back.
        let lag = |event: MarkPublished| (event.published_at - event.created_at).try_into();
        Ok(marked
            .into_iter()
            .map(|event| lag(event).unwrap_or_default())
            .collect())
    }

    async fn record_failures(&self, client: &Session) -> Result<(), Error> {
        let Columns {
            tenant_ids,
            ids,
            leases,
        } = &self.failed;
        if ids.is_empty() {
            return Ok(());
        }
        let params = RecordFailuresParams {
            tenant_ids,
            ids,
            leases,
            errors: &self.errors,
            delays: &self.delays,
            parks: &self.parks,
        };
        record_failures().params(client, &params).all().await?;
        Ok(())
    }

    async fn release_leases(&self, client: &Session) -> Result<(), Error> {
        let Columns {
            tenant_ids,
            ids,
            leases,
        } = &self.released;
        if ids.is_empty() {
            return Ok(());
        }
        let params = ReleaseLeasesParams {
            tenant_ids,
            ids,
            leases,
            delays: &self.release_delays,
        };
        release_leases().params(client, &params).all().await?;
        Ok(())
    }
}
