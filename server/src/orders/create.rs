//! New drafts, one per idempotency key.

use std::collections::BTreeMap;

use orders_core::{
    idempotency::{Fingerprint, IdempotencyKey, Reuse},
    order::Status,
    tenant::TenantId,
    version::Version,
};
use orders_db::{
    client::Params,
    queries::{
        idempotency_keys::{ClaimKeysParams, FindKeys, FindKeysParams, claim_keys, find_keys},
        orders::{InsertOrdersParams, insert_orders},
    },
};
use uuid::Uuid;

use super::{Error, Orders, Refused, Work, by_place, concerns_all};
use crate::db::{Db, DbError, Tenants};

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

/// Creates.
pub(super) struct Creates(pub(super) Db);

/// A create: the order it makes if its key is free.
pub(super) struct Create {
    tenant: TenantId,
    key: IdempotencyKey,
    fingerprint: Fingerprint,
    id: Uuid,
    answer: OpenAnswer,
}

impl Orders {
    /// Makes a draft, or finds the one that was made under the same key within the hour.
    ///
    /// `answer` writes what the client is told of an order with a given id; it is stored with the key and the order, or
    /// none of them is. Concurrent calls with one key wait for each other inside `claim_keys`.
    ///
    /// # Errors
    /// [`Error::KeyReused`], [`Error::InProgress`] when the wait was too long, [`Error::Full`], [`Error::Database`].
    pub async fn create(
        &self,
        tenant: &TenantId,
        key: IdempotencyKey,
        fingerprint: Fingerprint,
        answer: impl FnOnce(Uuid) -> OpenAnswer,
    ) -> Result<Created, Error> {
        let id = Uuid::now_v7();
        let create = Create {
            tenant: tenant.clone(),
            key,
            fingerprint,
            id,
            answer: answer(id),
        };
        let stored = self
            .creates
            .call(tenant.as_str(), create)
            .await
            .map_err(|refused| match refused {
                Refused::Failed(DbError::LockTimeout(_)) => Error::InProgress,
                refused => refused.into(),
            })?;
        let stored = stored.ok_or(Error::Corrupt("no answer under a key"))?;
        let theirs = stored
            .fingerprint
            .try_into()
            .map_err(|_| Error::Corrupt("a fingerprint cut short"))?;
        match fingerprint.reuse(&Fingerprint::from_bytes(theirs)) {
            Reuse::Replay => Ok(Created {
                id: stored.order_id,
                answer: stored.response,
                replayed: stored.order_id != id,
            }),
            Reuse::DifferentBody => Err(Error::KeyReused),
        }
    }
}

impl Work for Creates {
    type Call = Create;
    type Answer = Option<FindKeys>;
    type Error = DbError;

    async fn work(
        &self,
        creates: &[Create],
        alone: bool,
    ) -> Result<Vec<Option<FindKeys>>, DbError> {
        let tenants = Tenants::of(creates.iter().map(|create| &create.tenant)).brief_unless(alone);
        // One claim a key, or the statement would meet its own row; and in order, or two transactions could wait for each
        // other. Whoever comes second finds what the first has stored.
        let mut claims = BTreeMap::new();
        for create in creates {
            claims
                .entry((create.tenant.as_str(), create.key.as_str()))
                .or_insert(create);
        }
        let claims: Vec<_> = claims.into_values().collect();
        let tenant_ids: Vec<_> = claims.iter().map(|create| create.tenant.as_str()).collect();
        let keys: Vec<_> = claims.iter().map(|create| create.key.as_str()).collect();
        let ids: Vec<_> = claims.iter().map(|create| create.id).collect();
        let claim = &ClaimKeysParams {
            open_instant: claims
                .first()
                .map_or("", |create| create.answer.open_instant),
            tenant_ids: tenant_ids.as_slice(),
            keys: keys.as_slice(),
            fingerprints: claims
                .iter()
                .map(|create| create.fingerprint.as_bytes().as_slice())
                .collect::<Vec<_>>(),
            ids: ids.as_slice(),
            responses: claims
                .iter()
                .map(|create| create.answer.json.as_str())
                .collect::<Vec<_>>(),
        };
        let draft = &InsertOrdersParams {
            status: Status::Draft.as_str(),
            version: Version::FIRST.get(),
            tenant_ids: tenant_ids.as_slice(),
            keys: keys.as_slice(),
            ids: ids.as_slice(),
        };
        let stored = &FindKeysParams {
            tenant_ids: creates
                .iter()
                .map(|create| create.tenant.as_str())
                .collect::<Vec<_>>(),
            keys: creates
                .iter()
                .map(|create| create.key.as_str())
                .collect::<Vec<_>>(),
        };
        let found = self
            .0
            .at_once(&tenants, |client| async move {
                let client = &**client;
                let (claiming, inserting, finding) = (claim_keys(), insert_orders(), find_keys());
                // The second inserts an order only where the first claimed its key, and the third finds
                // what is stored under each key then, ours or not.
                let (claimed, inserted, found) = tokio::join!(
                    biased;
                    claiming.params(client, claim).all(),
                    inserting.params(client, draft).all(),
                    finding.params(client, stored).all(),
                );
                claimed?;
                inserted?;
                found
            })
            .await?;
        Ok(by_place(creates.len(), found, |stored| stored.place))
    }

    fn concerns_all(error: &DbError) -> bool {
        concerns_all(error)
    }
}
