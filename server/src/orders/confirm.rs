//! `draft → confirmed`, for the caller who has read the current version.

use orders_core::{
    order::Transition,
    tenant::TenantId,
    version::{Precondition, Version},
};
use orders_db::{
    client::Params,
    queries::orders::{ConfirmOrderParams, confirm_order},
};
use uuid::Uuid;

use super::{Error, Orders, advance::Guard, stored_version};

impl Orders {
    /// Confirms a draft with its total and returns the version this made.
    ///
    /// # Errors
    /// As for every guarded write: [`Error::NotFound`], [`Error::Refused`], [`Error::Contended`], [`Error::Database`].
    pub async fn confirm(
        &self,
        tenant: &TenantId,
        id: Uuid,
        precondition: &Precondition,
        total_cents: i32,
    ) -> Result<Version, Error> {
        let guard = Guard::new(Transition::Confirm, Some(precondition));
        let params = &ConfirmOrderParams {
            tenant_id: tenant.as_str(),
            id,
            from_status: guard.from,
            to_status: guard.to,
            any_version: guard.any_version,
            versions: guard.versions.as_slice(),
            total_cents,
        };
        let version = self
            .advance(
                tenant,
                id,
                Transition::Confirm,
                Some(precondition),
                |client| async move { confirm_order().params(client.as_ref(), params).opt().await },
            )
            .await?;
        stored_version(version)
    }
}
