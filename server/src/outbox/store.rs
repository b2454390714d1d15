//! The outbox as the relay sees it: every statement of it, and none elsewhere.

use std::time::{Duration, Instant};

use deadpool_postgres::Client;
use futures_util::future::join_all;
use orders_core::{order::OrderId, tenant::TenantId};
use orders_db::{
    client::Params,
    queries::outbox::{
        ClaimEventsParams, Claimed, GiveBackParams, MarkPublishedParams, RecordFailuresParams,
        claim_events, count_parked, find_waiting, give_back, mark_published, record_failures,
    },
};
use time::OffsetDateTime;
use tokio_postgres::Error;
use tracing::warn;
use uuid::Uuid;

use super::{
    event::Event,
    turns::{Place, Turn},
};
use crate::{
    db::{Connection, Db, DbError, LockWait, Tenants},
    time::{from_db, to_db},
};

/// The outbox. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store(Db);

/// What a look at everything found.
#[derive(Debug, Default)]
pub struct Waiting {
    /// Tenants of whom something is due.
    pub due: Vec<TenantId>,
    /// Events neither published nor parked.
    pub events: u64,
    /// The age of the oldest of them.
    pub oldest: Duration,
    /// Events parked.
    pub parked: u64,
}

/// An event that is ours to publish for a while.
#[derive(Debug)]
pub struct Leased {
    /// The event.
    pub event: Event,
    /// How many attempts have failed.
    pub attempts: u32,
    /// What proves to the database that the lease is still ours.
    pub lease: Lease,
    /// When the lease ends. Counted from before the database began to count, so it ends here
    /// first.
    pub until: Instant,
}

/// A lease, by the event and by when it ends on the database's clock: whoever claims the event
/// later has a later one.
#[derive(Clone, Debug)]
pub struct Lease {
    tenant: TenantId,
    id: Uuid,
    ends_at: OffsetDateTime,
}

/// What became of an event, to be written down.
#[derive(Clone, Debug)]
pub struct Settlement {
    /// Under which lease.
    pub lease: Lease,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of an event.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// The broker has it.
    Published,
    /// An attempt failed.
    Failed {
        /// Why.
        error: String,
        /// How long it has to wait.
        pause: Duration,
        /// Whether it is not tried again.
        park: bool,
    },
    /// It was not tried, and may be at once by anybody.
    GivenBack,
}

// === impl Store ===

impl Store {
    /// The outbox of a database.
    pub fn new(db: Db) -> Self {
        Self(db)
    }

    /// Looks who has something to publish. Reads everything that waits.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn look(&self) -> Result<Waiting, DbError> {
        let look = |client: Connection| async move {
            let (by_tenant, parked) = (find_waiting(), count_parked());
            let (by_tenant, parked) = tokio::join!(
                biased;
                by_tenant.bind(&**client).all(),
                parked.bind(&**client).one(),
            );
            Ok((by_tenant?, parked?))
        };
        let (by_tenant, parked) = self
            .0
            .pipelined("find_waiting", &Tenants::all(), LockWait::Full, look)
            .await?;
        let mut waiting = Waiting {
            parked: count(parked),
            ..Waiting::default()
        };
        for row in by_tenant {
            waiting.events += count(row.waiting);
            let age = Duration::try_from_secs_f64(row.age).unwrap_or_default(); // negative after the clock was set
            waiting.oldest = waiting.oldest.max(age);
            if row.due {
                waiting.due.extend(known_tenant(&row.tenant_id));
            }
        }
        Ok(waiting)
    }

    /// Leases what is due, for each turn at most `limit` events, oldest first. The transaction has
    /// ended on return: nothing is held but leases.
    ///
    /// # Errors
    /// [`DbError`]. Events may be leased all the same then, for nobody.
    pub async fn claim(
        &self,
        turns: &[Turn],
        limit: usize,
        lease: Duration,
    ) -> Result<Vec<Vec<Leased>>, DbError> {
        let until = Instant::now() + lease;
        let tenants = Tenants::of(turns.iter().map(|turn| &turn.tenant));
        let claim_each = |client: Connection| async move {
            let claims = turns.iter().map(|turn| {
                let client = &client;
                async move {
                    let params = ClaimEventsParams {
                        lease: lease.as_secs_f64(),
                        tenant_id: turn.tenant.as_str(),
                        after_created_at: turn.after.created_at,
                        after_id: turn.after.id,
                        row_limit: i64::try_from(limit).unwrap_or(i64::MAX),
                    };
                    claim_events().params(&***client, &params).all().await
                }
            });
            join_all(claims).await.into_iter().collect()
        };
        let claimed: Vec<Vec<Claimed>> = self
            .0
            .pipelined("claim_events", &tenants, LockWait::Full, claim_each)
            .await?;
        let leased = turns.iter().zip(claimed).map(|(turn, rows)| {
            let leased = rows
                .into_iter()
                .map(|row| Leased::new(&turn.tenant, row, until));
            let mut leased: Vec<_> = leased.collect();
            leased.sort_unstable_by_key(Leased::place); // RETURNING has no order
            leased
        });
        Ok(leased.collect())
    }

    /// Writes down what became of events, all or none.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn settle(&self, settlements: &[Settlement]) -> Result<(), DbError> {
        let leases = settlements.iter().map(|settlement| &settlement.lease);
        let tenants = Tenants::of(leases.map(|lease| &lease.tenant));
        let settle = |client: Connection| async move {
            let (published, failed, given_back) = tokio::join!(
                biased;
                publish(&client, settlements),
                fail(&client, settlements),
                end_leases(&client, settlements),
            );
            published.and(failed).and(given_back)
        };
        self.0
            .pipelined("complete_events", &tenants, LockWait::Brief, settle)
            .await
    }
}

async fn publish(client: &Client, settlements: &[Settlement]) -> Result<(), Error> {
    let leases: Vec<_> = with(settlements, |outcome| matches!(outcome, Outcome::Published));
    if leases.is_empty() {
        return Ok(());
    }
    let params = MarkPublishedParams {
        tenant_ids: tenants(&leases),
        ids: ids(&leases),
    };
    mark_published().params(client, &params).all().await?;
    Ok(())
}

async fn fail(client: &Client, settlements: &[Settlement]) -> Result<(), Error> {
    let leases = with(settlements, |outcome| {
        matches!(outcome, Outcome::Failed { .. })
    });
    if leases.is_empty() {
        return Ok(());
    }
    let (mut errors, mut pauses, mut parks) = (Vec::new(), Vec::new(), Vec::new());
    for settlement in settlements {
        if let Outcome::Failed { error, pause, park } = &settlement.outcome {
            errors.push(error.as_str());
            pauses.push(pause.as_secs_f64());
            parks.push(*park);
        }
    }
    let params = RecordFailuresParams {
        tenant_ids: tenants(&leases),
        ids: ids(&leases),
        leases: ends(&leases),
        errors,
        pauses,
        parks,
    };
    record_failures().params(client, &params).all().await?;
    Ok(())
}

async fn end_leases(client: &Client, settlements: &[Settlement]) -> Result<(), Error> {
    let leases = with(settlements, |outcome| matches!(outcome, Outcome::GivenBack));
    if leases.is_empty() {
        return Ok(());
    }
    let params = GiveBackParams {
        tenant_ids: tenants(&leases),
        ids: ids(&leases),
        leases: ends(&leases),
    };
    give_back().params(client, &params).all().await?;
    Ok(())
}

fn with(settlements: &[Settlement], outcome: impl Fn(&Outcome) -> bool) -> Vec<&Lease> {
    let chosen = settlements
        .iter()
        .filter(|settlement| outcome(&settlement.outcome));
    chosen.map(|settlement| &settlement.lease).collect()
}

fn tenants<'a>(leases: &[&'a Lease]) -> Vec<&'a str> {
    leases.iter().map(|lease| lease.tenant.as_str()).collect()
}

fn ids(leases: &[&Lease]) -> Vec<Uuid> {
    leases.iter().map(|lease| lease.id).collect()
}

fn ends(leases: &[&Lease]) -> Vec<OffsetDateTime> {
    leases.iter().map(|lease| lease.ends_at).collect()
}

// === impl Leased ===

impl Leased {
    fn new(tenant: &TenantId, row: Claimed, until: Instant) -> Self {
        Self {
            lease: Lease {
                tenant: tenant.clone(),
                id: row.id,
                ends_at: row.lease,
            },
            event: Event {
                id: row.id,
                event_type: row.event_type,
                tenant_id: tenant.clone(),
                order_id: OrderId::new(row.order_id),
                created_at: from_db(row.created_at),
                payload: row.payload,
                trace_parent: row.trace_parent.and_then(|text| text.parse().ok()),
            },
            attempts: row.attempts.unsigned_abs(),
            until,
        }
    }

    /// Where it stands among its tenant's events.
    pub fn place(&self) -> Place {
        Place {
            created_at: to_db(self.event.created_at),
            id: self.event.id,
        }
    }
}

// === impl Lease ===

impl Lease {
    /// Rows are written in this order, so that two who write the same do not wait for each other in
    /// a circle.
    pub fn sort_key(&self) -> (&str, Uuid) {
        (self.tenant.as_str(), self.id)
    }
}

/// The tenants of rows. A name that no request could have sent is nobody's to speak for.
pub(super) fn known_tenant(name: &str) -> Option<TenantId> {
    let tenant = name.parse::<TenantId>();
    if tenant.is_err() {
        warn!("the outbox has a tenant who cannot exist: {name:?}");
    }
    tenant.ok()
}

fn count(rows: i64) -> u64 {
    u64::try_from(rows).unwrap_or_default()
}
