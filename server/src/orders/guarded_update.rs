//! The guarded write that all transitions share: the database decides, core explains.
//!
//! The UPDATE carries the transition's statuses and the versions of the precondition. If it matches
//! no row, the order is reread, and [`Snapshot::refusal`](orders_core::order::Snapshot::refusal)
//! says why.

use orders_core::{
    order::{OrderId, Refusal, TotalCents, Transition},
    tenant::TenantId,
    version::{Precondition, Version},
};
use orders_db::{
    client::Params,
    queries::orders::{TransitionOrdersParams, transition_orders},
};

use super::{
    error::Error,
    get::{self, Found},
    metrics::Metrics,
    order::Order,
    resources::Resources,
    rows::{Placed, by_request, placed_order},
};
use crate::{
    batch::{Attempt, BatchHandler, Batcher},
    db::{Connection, Db, DbError, LockWait, Tenants},
    outbox::{self, NewEvent, WakeUp},
    trace_context::TraceParent,
};

/// Attempts of a write whose guard failed although the reread order allows the transition, because
/// the order changed in between.
const MAX_ATTEMPTS: u32 = 5;

/// Writes the payload of the event that announces a transition, from the order after it.
pub(super) type Payload = fn(&Order) -> String;

/// One transition as a use case. Cheap to clone.
#[derive(Clone)]
pub(super) struct GuardedUpdate {
    batcher: Batcher<Handler>,
    transition: Transition,
    operation: &'static str,
    metrics: Metrics,
}

/// What a transition writes beside status and version.
#[derive(Clone, Default)]
pub(super) struct Change {
    /// The new total; `None` keeps it.
    pub total_cents: Option<TotalCents>,
    /// The trace of the request, for the event.
    pub trace_parent: Option<TraceParent>,
}

struct Handler {
    db: Db,
    transition: Transition,
    payload: Option<Payload>,
    wake_up: WakeUp,
}

/// A change, and the guard under which it is made.
#[derive(Clone)]
pub(super) struct GuardedWrite {
    tenant: TenantId,
    id: OrderId,
    /// Whether any version satisfies the guard.
    any_version: bool,
    /// The versions that satisfy it otherwise, separated by commas.
    versions: String,
    change: Change,
}

/// The order after a write; `None` if the guard failed.
type Row = Option<Result<Order, Error>>;

pub(super) enum Outcome {
    /// The order after the write.
    Written(Result<Order, Error>),
    /// The guard failed. The order as it is now.
    Unmatched(Result<Found, DbError>),
}

/// The writes of a batch as the arrays of one statement.
struct GuardColumns<'a> {
    tenant_ids: Vec<&'a str>,
    ids: Vec<uuid::Uuid>,
    any_versions: Vec<bool>,
    versions: Vec<&'a str>,
    total_cents: Vec<Option<i32>>,
}

// === impl GuardedUpdate ===

impl GuardedUpdate {
    /// The use case of a transition, for the operation that metrics name. `payload` is given if
    /// core names an event for the transition.
    pub fn new(
        operation: &'static str,
        transition: Transition,
        payload: Option<Payload>,
        resources: &Resources,
    ) -> Self {
        let handler = Handler {
            db: resources.db.clone(),
            transition,
            payload,
            wake_up: resources.wake_up.clone(),
        };
        let metrics = resources.metrics.clone();
        Self {
            batcher: Batcher::new(operation, handler, resources.limits, &metrics.batches),
            transition,
            operation,
            metrics,
        }
    }

    /// Makes the transition if the order satisfies the precondition; without one, if the order has
    /// the right status. Returns the order after the write.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the tenant has no such order. [`Error::Refused`] with core's reason.
    /// [`Error::Contended`] if other writes changed the order during each attempt.
    /// [`Error::QueueFull`], [`Error::Database`].
    pub async fn run(
        &self,
        tenant: &TenantId,
        id: OrderId,
        precondition: Option<&Precondition>,
        change: Change,
    ) -> Result<Order, Error> {
        let write = GuardedWrite::new(tenant, id, precondition, change);
        for _ in 0..MAX_ATTEMPTS {
            match self.batcher.call(tenant.as_str(), write.clone()).await? {
                Outcome::Written(order) => return order,
                Outcome::Unmatched(found) => {
                    let order = found?.ok_or(Error::NotFound)??;
                    let refusal = order.snapshot().refusal(self.transition, precondition);
                    if let Some(refusal) = refusal {
                        if matches!(refusal, Refusal::StaleVersion { .. }) {
                            self.metrics.count_stale_version(self.operation);
                        }
                        return Err(refusal.into());
                    }
                }
            }
        }
        Err(Error::Contended)
    }
}

impl BatchHandler for Handler {
    type Request = GuardedWrite;
    type Response = Outcome;
    type Error = DbError;

    async fn handle(
        &self,
        requests: &[GuardedWrite],
        attempt: Attempt,
    ) -> Result<Vec<Outcome>, DbError> {
        // Sorted, so that two transactions lock their common rows in the same order and cannot
        // deadlock. The sort is stable: of two writes to one order, the first request wins.
        let mut sorted: Vec<_> = requests.iter().enumerate().collect();
        sorted.sort_by_key(|(_, write)| (write.tenant.as_str(), write.id));
        let (places, writes): (Vec<_>, Vec<_>) = sorted.into_iter().unzip();

        let written = self.write(&writes, attempt.into()).await?;
        let outcomes = self.outcomes(&writes, written).await;

        let mut placed: Vec<_> = places.into_iter().zip(outcomes).collect();
        placed.sort_unstable_by_key(|(place, _)| *place);
        Ok(placed.into_iter().map(|(_, outcome)| outcome).collect())
    }
}

// === impl Handler ===

impl Handler {
    /// Makes the writes whose guard holds, and appends their events, in one transaction.
    async fn write(
        &self,
        writes: &[&GuardedWrite],
        lock_wait: LockWait,
    ) -> Result<Vec<Row>, DbError> {
        let tenants = Tenants::of(writes.iter().map(|write| &write.tenant));
        let name = self.transition.as_str();
        let Some(payload) = self.payload else {
            let update = |client| self.update(client, writes);
            return self.db.pipelined(name, &tenants, lock_wait, update).await;
        };
        let update_and_append = |client: Connection| async move {
            let written = self.update(client.clone(), writes).await?;
            let events = self.events(writes, &written, payload);
            outbox::append(&client, &events).await?;
            Ok(written)
        };
        let transaction = self
            .db
            .transaction(name, &tenants, lock_wait, update_and_append);
        let written = transaction.await?;
        let announced = writes.iter().zip(&written).filter(|(_, row)| row.is_some());
        self.wake_up
            .notify(announced.map(|(write, _)| &write.tenant));
        Ok(written)
    }

    /// Sends the UPDATE when first polled. One order, or none, for each write.
    async fn update(
        &self,
        client: Connection,
        writes: &[&GuardedWrite],
    ) -> Result<Vec<Row>, tokio_postgres::Error> {
        let GuardColumns {
            tenant_ids,
            ids,
            any_versions,
            versions,
            total_cents,
        } = GuardColumns::of(writes);
        let params = TransitionOrdersParams {
            from_status: self.transition.from().as_str(),
            to_status: self.transition.to().as_str(),
            tenant_ids,
            ids,
            any_versions,
            versions,
            total_cents,
        };
        let update = transition_orders();
        let rows = update.params(&**client, &params).map(placed_order).all();
        let rows: Vec<Placed<_>> = rows.await?;
        Ok(by_request(writes.len(), rows))
    }

    /// The events of the writes that matched. The rows were written by the UPDATE, which the
    /// schema's constraints bind to core's rules, so each of them is an order.
    fn events(&self, writes: &[&GuardedWrite], written: &[Row], payload: Payload) -> Vec<NewEvent> {
        let event = |(write, row): (&&GuardedWrite, &Row)| {
            let order = row.as_ref()?.as_ref().ok()?;
            Some(NewEvent {
                tenant_id: order.tenant_id.clone(),
                order_id: order.id,
                event_type: self.transition.event_type()?,
                payload: payload(order),
                created_at: order.updated_at,
                trace_parent: write.change.trace_parent.clone(),
            })
        };
        writes.iter().zip(written).filter_map(event).collect()
    }

    /// Rereads the orders of the writes that matched no row.
    async fn outcomes(&self, writes: &[&GuardedWrite], written: Vec<Row>) -> Vec<Outcome> {
        let unmatched = writes.iter().zip(&written).filter(|(_, row)| row.is_none());
        let unmatched: Vec<_> = unmatched
            .map(|(write, _)| get::Request {
                tenant: write.tenant.clone(),
                id: write.id,
            })
            .collect();
        let mut reread = match get::find(&self.db, &unmatched).await {
            Ok(found) => found.into_iter().map(Ok).collect(),
            Err(error) => vec![Err(error); unmatched.len()],
        }
        .into_iter();
        // One result per unmatched write.
        let mut next_reread = || reread.next().unwrap_or(Ok(None));
        let outcome = |row: Row| match row {
            Some(order) => Outcome::Written(order),
            None => Outcome::Unmatched(next_reread()),
        };
        written.into_iter().map(outcome).collect()
    }
}

// === impl GuardedWrite ===

impl GuardedWrite {
    fn new(
        tenant: &TenantId,
        id: OrderId,
        precondition: Option<&Precondition>,
        change: Change,
    ) -> Self {
        let versions = precondition.and_then(Precondition::versions);
        let listed: Vec<_> = versions
            .unwrap_or_default()
            .iter()
            .map(Version::to_string)
            .collect();
        Self {
            tenant: tenant.clone(),
            id,
            any_version: versions.is_none(),
            versions: listed.join(","),
            change,
        }
    }
}

// === impl GuardColumns ===

impl<'a> GuardColumns<'a> {
    fn of(writes: &[&'a GuardedWrite]) -> Self {
        let total_cents = |write: &&GuardedWrite| write.change.total_cents.map(TotalCents::get);
        Self {
            tenant_ids: writes.iter().map(|write| write.tenant.as_str()).collect(),
            ids: writes.iter().map(|write| write.id.get()).collect(),
            any_versions: writes.iter().map(|write| write.any_version).collect(),
            versions: writes.iter().map(|write| write.versions.as_str()).collect(),
            total_cents: writes.iter().map(total_cents).collect(),
        }
    }
}
