//! `draft → confirmed`, for the caller who has read the current version.

use orders_core::{
    order::Transition,
    tenant::TenantId,
    version::{Precondition, Version},
};
use orders_db::{
    client::Params,
    queries::orders::{ConfirmOrdersParams, confirm_orders},
};
use uuid::Uuid;

use super::{
    Attempt, BatchHandler, Error, Orders,
    advance::{Columns, Outcome, Step, advance, outcomes},
    by_place, lock_wait, stored_version,
};
use crate::db::{Db, DbError, Tenants};

/// Confirms.
pub(super) struct Confirms(pub(super) Db);

/// A confirm.
#[derive(Clone)]
pub(super) struct Confirm {
    step: Step,
    total_cents: i32,
}

impl Orders {
    /// Confirms a draft with its total and returns the version this made.
    ///
    /// # Errors
    /// As for every guarded write: [`Error::NotFound`], [`Error::Refused`], [`Error::Contended`],
    /// [`Error::Full`], [`Error::Database`].
    pub async fn confirm(
        &self,
        tenant: &TenantId,
        id: Uuid,
        precondition: &Precondition,
        total_cents: i32,
    ) -> Result<Version, Error> {
        let confirm = Confirm {
            step: Step::new(tenant, id, Some(precondition)),
            total_cents,
        };
        let version = advance(
            &self.confirms,
            tenant,
            confirm,
            Transition::Confirm,
            Some(precondition),
        )
        .await?;
        stored_version(version)
    }
}

impl BatchHandler for Confirms {
    type Request = Confirm;
    type Response = Outcome<i32>;
    type Error = DbError;

    async fn handle(
        &self,
        confirms: &[Confirm],
        attempt: Attempt,
    ) -> Result<Vec<Outcome<i32>>, DbError> {
        let steps = confirms.iter().map(|confirm| &confirm.step);
        let Columns {
            tenant_ids,
            ids,
            any_versions,
            versions,
        } = Columns::of(steps.clone());
        let params = &ConfirmOrdersParams {
            from_status: Transition::Confirm.from().as_str(),
            to_status: Transition::Confirm.to().as_str(),
            tenant_ids,
            ids,
            any_versions,
            versions,
            totals: confirms
                .iter()
                .map(|confirm| confirm.total_cents)
                .collect::<Vec<_>>(),
        };
        let tenants = Tenants::of(steps.clone().map(|step| &step.tenant));
        let confirmed = self
            .0
            .pipelined(
                "confirm_orders",
                &tenants,
                lock_wait(attempt),
                |client| async move { confirm_orders().params(&**client, params).all().await },
            )
            .await?;
        let versions = by_place(confirms.len(), confirmed, |confirmed| confirmed.place)
            .into_iter()
            .map(|confirmed| Some(confirmed?.version));
        Ok(outcomes(&self.0, steps, versions.collect()).await)
    }
}
