//! A new draft, once per idempotency key.

use orders_core::{
    idempotency::{Fingerprint, IdempotencyKey, Reuse},
    order::Status,
    tenant::TenantId,
    version::Version,
};
use orders_db::{
    client::Params,
    queries::{
        idempotency_keys::{ClaimKeyParams, claim_key, find_key},
        orders::{InsertOrderParams, insert_order},
    },
};
use uuid::Uuid;

use super::{Error, Orders};
use crate::db::DbError;

/// The answer to a create but for its instant. That is the database's to fill in: one clock, and no second round trip.
#[derive(Debug)]
pub struct OpenAnswer {
    /// The answer, with a stand-in for the instant.
    pub json: String,
    /// The stand-in: the member `createdAt` as it is written in `json`.
    pub open_instant: &'static str,
}

/// The outcome of a create.
#[derive(Debug)]
pub struct Created {
    /// The order, made by this call or an earlier one.
    pub id: Uuid,
    /// The answer as it was stored when the order was made.
    pub answer: String,
    /// Whether an earlier call made the order.
    pub replayed: bool,
}

impl Orders {
    /// Makes a draft, or finds the one that was made under the same key within the hour.
    ///
    /// `answer` writes what the client is told of an order with a given id; it is stored with the key and the order, or
    /// none of them is. Concurrent calls with one key wait for each other inside `claim_key`.
    ///
    /// # Errors
    /// [`Error::KeyReused`], [`Error::InProgress`] when the wait was too long, [`Error::Database`].
    pub async fn create(
        &self,
        tenant: &TenantId,
        key: &IdempotencyKey,
        fingerprint: Fingerprint,
        answer: impl FnOnce(Uuid) -> OpenAnswer,
    ) -> Result<Created, Error> {
        let id = Uuid::now_v7();
        let OpenAnswer { json, open_instant } = answer(id);
        let claim = &ClaimKeyParams {
            tenant_id: tenant.as_str(),
            key: key.as_str(),
            fingerprint: fingerprint.as_bytes().as_slice(),
            order_id: id,
            response: json,
            open_instant,
        };
        let draft = &InsertOrderParams {
            tenant_id: tenant.as_str(),
            key: key.as_str(),
            id,
            status: Status::Draft.as_str(),
            version: Version::FIRST.get(),
        };
        let stored = self
            .db
            .transaction(tenant, |client| async move {
                let client = client.as_ref();
                let (claiming, inserting, finding) = (claim_key(), insert_order(), find_key());
                // One round trip. The second inserts nothing unless the first claimed the key, and the third finds
                // what is stored under it then, ours or not.
                let (claimed, inserted, found) = tokio::join!(
                    biased;
                    claiming.params(client, claim).opt(),
                    inserting.params(client, draft).opt(),
                    finding.bind(client, &draft.tenant_id, &draft.key).one(),
                );
                claimed?;
                inserted?;
                found
            })
            .await
            .map_err(|error| match error {
                DbError::LockTimeout(_) => Error::InProgress,
                error => error.into(),
            })?;

        let replayed = stored.order_id != id;
        let stored_fingerprint = stored
            .fingerprint
            .try_into()
            .map_err(|_| Error::Corrupt("a fingerprint cut short"))?;
        match fingerprint.reuse(&Fingerprint::from_bytes(stored_fingerprint)) {
            Reuse::Replay => Ok(Created {
                id: stored.order_id,
                answer: stored.response,
                replayed,
            }),
            Reuse::DifferentBody => Err(Error::KeyReused),
        }
    }
}
