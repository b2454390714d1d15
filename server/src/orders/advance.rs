//! Guarded writes: the database decides, core explains.

use orders_core::{
    order::Transition,
    tenant::TenantId,
    version::{Precondition, Version},
};
use uuid::Uuid;

use super::{Error, Order, get::find, snapshot};
use crate::{
    batch::{BatchHandler, Batcher},
    db::{Db, DbError},
};

/// How often a write is tried whose guard failed although the order, read afterwards, would have
/// allowed it.
const ATTEMPTS: u32 = 5;

/// A step an order is to take, and what an UPDATE needs to know to touch the order only if core
/// would let it.
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
    /// The guard did not hold. The order as it is now, if the tenant has it and it could be read.
    Unmatched(Result<Option<Order>, DbError>),
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
/// [`Error::NotFound`], [`Error::Refused`], [`Error::Contended`], [`Error::Full`],
/// [`Error::Database`].
pub(super) async fn advance<H, T>(
    batcher: &Batcher<H>,
    tenant: &TenantId,
    call: H::Request,
    transition: Transition,
    precondition: Option<&Precondition>,
) -> Result<T, Error>
where
    H: BatchHandler<Response = Outcome<T>, Error = DbError, Request: Clone>,
{
    for _ in 0..ATTEMPTS {
        match batcher.call(tenant.as_str(), call.clone()).await? {
            Outcome::Done(done) => return Ok(done),
            Outcome::Unmatched(found) => {
                let order = found?.ok_or(Error::NotFound)?;
                if let Some(refusal) = snapshot(&order)?.refusal(transition, precondition) {
                    return Err(refusal.into());
                }
                // It changed between the write and the look: now it would be allowed, so try again.
            }
        }
    }
    Err(Error::Contended)
}

/// What became of steps of which some were taken: the other orders are read, to say why they were
/// left alone.
pub(super) async fn outcomes<'a, T>(
    db: &Db,
    steps: impl Iterator<Item = &'a Step> + Clone,
    done: Vec<Option<T>>,
) -> Vec<Outcome<T>> {
    let left = steps
        .zip(&done)
        .filter(|(_, done)| done.is_none())
        .map(|(step, _)| (&step.tenant, step.id));
    let left: Vec<_> = left.collect();
    let mut found = match find(db, &left).await {
        Ok(orders) => orders.into_iter().map(Ok).collect(),
        Err(error) => vec![Err(error); left.len()],
    }
    .into_iter();
    done.into_iter()
        .map(|done| match done {
            Some(done) => Outcome::Done(done),
            None => Outcome::Unmatched(found.next().unwrap_or(Ok(None))), // there is one for each
        })
        .collect()
}
