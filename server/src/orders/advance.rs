//! Guarded writes: the database decides, core explains.

use std::sync::Arc;

use orders_core::{
    order::Transition,
    tenant::TenantId,
    version::{Precondition, Version},
};
use orders_db::queries::orders::{Order, find_order};
use uuid::Uuid;

use super::{Error, Orders, snapshot};
use crate::db::Connection;

/// How often a write is tried whose guard failed although the order, read afterwards, would have allowed it.
const ATTEMPTS: u32 = 5;

/// What an UPDATE needs to know to touch only a row that core would let it touch.
pub struct Guard {
    /// The status the order must have.
    pub from: &'static str,
    /// The status it gets.
    pub to: &'static str,
    /// Whether every version will do.
    pub any_version: bool,
    /// The versions that will do otherwise.
    pub versions: Vec<i32>,
}

enum Attempt<T> {
    Done(T),
    Unmatched(Option<Order>),
}

// === impl Guard ===

impl Guard {
    /// What core says of the transition and the caller of the version.
    pub fn new(transition: Transition, precondition: Option<&Precondition>) -> Self {
        let versions = precondition.and_then(Precondition::versions);
        Self {
            from: transition.from().as_str(),
            to: transition.to().as_str(),
            any_version: versions.is_none(),
            versions: versions
                .unwrap_or_default()
                .iter()
                .copied()
                .map(Version::get)
                .collect(),
        }
    }
}

// === impl Orders ===

impl Orders {
    /// Moves an order along `transition` by `write`, which returns `None` when no row passed the guard.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Refused`], [`Error::Contended`], [`Error::Database`].
    pub(super) async fn advance<T, F>(
        &self,
        tenant: &TenantId,
        id: Uuid,
        transition: Transition,
        precondition: Option<&Precondition>,
        write: impl Fn(Connection) -> F,
    ) -> Result<T, Error>
    where
        F: Future<Output = Result<Option<T>, tokio_postgres::Error>>,
    {
        let write = &write;
        for _ in 0..ATTEMPTS {
            let attempt = self
                .db
                .transaction(tenant, |client| async move {
                    Ok(match write(Arc::clone(&client)).await? {
                        Some(done) => Attempt::Done(done),
                        None => Attempt::Unmatched(
                            find_order()
                                .bind(client.as_ref(), &tenant.as_str(), &id)
                                .opt()
                                .await?,
                        ),
                    })
                })
                .await?;
            match attempt {
                Attempt::Done(done) => return Ok(done),
                Attempt::Unmatched(None) => return Err(Error::NotFound),
                Attempt::Unmatched(Some(order)) => {
                    if let Some(refusal) = snapshot(&order)?.refusal(transition, precondition) {
                        return Err(refusal.into());
                    }
                    // It changed between the write and the look: now it would be allowed, so try again.
                }
            }
        }
        Err(Error::Contended)
    }
}
