//! Guarded writes: the database decides, core explains.

use std::sync::Arc;

use orders_core::{
    order::Transition,
    tenant::TenantId,
    version::{Precondition, Version},
};
use orders_db::{
    client::Params,
    queries::orders::{FindOrdersParams, Order, find_orders},
};
use uuid::Uuid;

use super::{Error, by_place, snapshot};
use crate::{
    combine::{Combiner, Work},
    db::{Connection, Db, DbError, Tenants},
};

/// How often a write is tried whose guard failed although the order, read afterwards, would have allowed it.
const ATTEMPTS: u32 = 5;

/// A step an order is to take, and what an UPDATE needs to know to touch the order only if core would let it.
#[derive(Clone)]
pub(super) struct Step {
    pub tenant: TenantId,
    pub id: Uuid,
    /// Whether every version will do.
    pub any_version: bool,
    /// The versions that will do otherwise, separated by commas.
    pub versions: String,
}

/// What became of a step.
pub(super) enum Outcome<T> {
    Done(T),
    /// The guard did not hold. The order as it was then, if the tenant has it.
    Unmatched(Option<Order>),
}

/// Columns of the arrays that steps are sent in.
pub(super) struct Columns<'a> {
    pub tenant_ids: Vec<&'a str>,
    pub ids: Vec<Uuid>,
    pub any_versions: Vec<bool>,
    pub versions: Vec<&'a str>,
}

// === impl Step ===

impl Step {
    pub(super) fn new(tenant: &TenantId, id: Uuid, precondition: Option<&Precondition>) -> Self {
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
        }
    }
}

// === impl Columns ===

impl<'a> Columns<'a> {
    pub(super) fn of(steps: impl Iterator<Item = &'a Step> + Clone) -> Self {
        Self {
            tenant_ids: steps.clone().map(|step| step.tenant.as_str()).collect(),
            ids: steps.clone().map(|step| step.id).collect(),
            any_versions: steps.clone().map(|step| step.any_version).collect(),
            versions: steps.map(|step| step.versions.as_str()).collect(),
        }
    }
}

/// Has a step taken, and says why when it is not.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Refused`], [`Error::Contended`], [`Error::Full`], [`Error::Database`].
pub(super) async fn advance<W, T>(
    combiner: &Combiner<W>,
    tenant: &TenantId,
    call: W::Call,
    transition: Transition,
    precondition: Option<&Precondition>,
) -> Result<T, Error>
where
    W: Work<Answer = Outcome<T>, Error = DbError, Call: Clone>,
{
    for _ in 0..ATTEMPTS {
        match combiner.call(tenant.as_str(), call.clone()).await? {
            Outcome::Done(done) => return Ok(done),
            Outcome::Unmatched(None) => return Err(Error::NotFound),
            Outcome::Unmatched(Some(order)) => {
                if let Some(refusal) = snapshot(&order)?.refusal(transition, precondition) {
                    return Err(refusal.into());
                }
                // It changed between the write and the look: now it would be allowed, so try again.
            }
        }
    }
    Err(Error::Contended)
}

/// Runs `write`, which gives what it did by place, and rereads the orders it left alone, in one transaction.
pub(super) async fn write<'a, T, F>(
    db: &Db,
    steps: impl Iterator<Item = &'a Step> + Clone,
    alone: bool,
    write: impl Fn(Connection) -> F,
) -> Result<Vec<Outcome<T>>, DbError>
where
    F: Future<Output = Result<Vec<Option<T>>, tokio_postgres::Error>>,
{
    let tenants = Tenants::of(steps.clone().map(|step| &step.tenant), alone);
    let (write, steps) = (&write, &steps);
    db.transaction(&tenants, |client| async move {
        let done = write(Arc::clone(&client)).await?;
        let left: Vec<_> = steps
            .clone()
            .zip(&done)
            .filter(|(_, done)| done.is_none())
            .map(|(step, _)| step)
            .collect();
        let mut reread = if left.is_empty() {
            Vec::new()
        } else {
            let params = FindOrdersParams {
                tenant_ids: left
                    .iter()
                    .map(|step| step.tenant.as_str())
                    .collect::<Vec<_>>(),
                ids: left.iter().map(|step| step.id).collect::<Vec<_>>(),
            };
            let found = find_orders().params(&**client, &params).all().await?;
            by_place(left.len(), found, |order| order.place)
        }
        .into_iter();
        let outcome = |done| match done {
            Some(done) => Outcome::Done(done),
            None => Outcome::Unmatched(reread.next().flatten()),
        };
        Ok(done.into_iter().map(outcome).collect())
    })
    .await
}
