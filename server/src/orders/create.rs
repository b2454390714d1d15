//! New drafts, one per idempotency key.

use std::collections::{BTreeMap, HashMap};

use orders_core::{
    idempotency::{Fingerprint, IdempotencyKey, Reuse},
    order::Status,
    tenant::TenantId,
    version::Version,
};
use orders_db::{
    client::Params,
    queries::{
        idempotency_keys::{ClaimKeysParams, FindKeysParams, claim_keys, find_keys},
        orders::{InsertOrdersParams, insert_orders},
    },
};
use uuid::Uuid;

use super::{Attempt, BatchHandler, Error, Orders, RequestError, by_place, lock_wait};
use crate::db::{Db, DbError, Tenants};

/// The answer to a create but for its instant. That is the database's to fill in: one clock, and no
/// second round trip.
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

/// What is stored under a key.
#[derive(Clone)]
pub(super) struct Stored {
    order_id: Uuid,
    fingerprint: Vec<u8>,
    response: String,
}

/// A key that is asked for, by whom first, and what is known to be stored under it.
struct Key<'a> {
    create: &'a Create,
    stored: Option<Stored>,
}

impl Orders {
    /// Makes a draft, or finds the one that was made under the same key within the hour.
    ///
    /// `answer` writes what the client is told of an order with a given id; it is stored with the
    /// key and the order, or none of them is. Concurrent calls with one key wait for each other
    /// inside `claim_keys`.
    ///
    /// # Errors
    /// [`Error::KeyReused`], [`Error::InProgress`] when the wait was too long, [`Error::Full`],
    /// [`Error::Database`].
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
                RequestError::Failed(DbError::LockTimeout(_)) => Error::InProgress,
                refused => refused.into(),
            })??
            .ok_or(Error::InProgress)?;
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

impl BatchHandler for Creates {
    type Request = Create;
    /// Nothing, if the key changed hands while it was looked at.
    type Response = Result<Option<Stored>, DbError>;
    type Error = DbError;

    async fn handle(
        &self,
        creates: &[Create],
        attempt: Attempt,
    ) -> Result<Vec<Self::Response>, DbError> {
        let Self(db) = self;
        // By key, or a statement would meet its own row; and in order, or two transactions could
        // wait for each other. Of two calls with one key the first makes the order, and the
        // second gets what the first has stored.
        let mut keys = BTreeMap::new();
        for create in creates {
            let key = (create.tenant.as_str(), create.key.as_str());
            keys.entry(key).or_insert(Key {
                create,
                stored: None,
            });
        }

        // Looks first, so that a retry neither locks nor writes.
        look(db, &mut open(&mut keys)).await?;
        claim(db, &mut open(&mut keys), attempt).await?;
        // Some were claimed by others in between. What this transaction has made stands, whatever
        // becomes of the look.
        let looked = look(db, &mut open(&mut keys)).await;

        let answer = |create: &Create| {
            let key = keys.get(&(create.tenant.as_str(), create.key.as_str()));
            match key.and_then(|key| key.stored.clone()) {
                Some(stored) => Ok(Some(stored)),
                None => looked.clone().map(|()| None),
            }
        };
        Ok(creates.iter().map(answer).collect())
    }
}

/// The keys that nothing is known to be stored under.
fn open<'k, 'c, N: Ord>(keys: &'k mut BTreeMap<N, Key<'c>>) -> Vec<&'k mut Key<'c>> {
    keys.values_mut()
        .filter(|key| key.stored.is_none())
        .collect()
}

/// Finds what is stored under keys.
async fn look(db: &Db, keys: &mut [&mut Key<'_>]) -> Result<(), DbError> {
    if keys.is_empty() {
        return Ok(());
    }
    let tenants = Tenants::of(keys.iter().map(|key| &key.create.tenant));
    let params = &FindKeysParams {
        rls_tenants: tenants.rls_tenants(),
        tenant_ids: keys
            .iter()
            .map(|key| key.create.tenant.as_str())
            .collect::<Vec<_>>(),
        keys: keys
            .iter()
            .map(|key| key.create.key.as_str())
            .collect::<Vec<_>>(),
    };
    let found = db
        .read("find_keys", |client| async move {
            find_keys().params(&**client, params).all().await
        })
        .await?;
    let found = by_place(keys.len(), found, |found| found.place);
    for (key, found) in keys.iter_mut().zip(found) {
        key.stored = found.map(|found| Stored {
            order_id: found.order_id,
            fingerprint: found.fingerprint,
            response: found.response,
        });
    }
    Ok(())
}

/// Claims keys that nobody holds, each with its order and its answer, in one transaction.
async fn claim(db: &Db, keys: &mut [&mut Key<'_>], attempt: Attempt) -> Result<(), DbError> {
    if keys.is_empty() {
        return Ok(());
    }
    let creates: Vec<_> = keys.iter().map(|key| key.create).collect();
    let tenants = Tenants::of(creates.iter().map(|create| &create.tenant));
    let tenant_ids: Vec<_> = creates
        .iter()
        .map(|create| create.tenant.as_str())
        .collect();
    let names: Vec<_> = creates.iter().map(|create| create.key.as_str()).collect();
    let ids: Vec<_> = creates.iter().map(|create| create.id).collect();
    let claim = &ClaimKeysParams {
        open_instant: creates
            .first()
            .map_or("", |create| create.answer.open_instant),
        tenant_ids: tenant_ids.as_slice(),
        keys: names.as_slice(),
        fingerprints: creates
            .iter()
            .map(|create| create.fingerprint.as_bytes().as_slice())
            .collect::<Vec<_>>(),
        ids: ids.as_slice(),
        responses: creates
            .iter()
            .map(|create| create.answer.json.as_str())
            .collect::<Vec<_>>(),
    };
    let draft = &InsertOrdersParams {
        status: Status::Draft.as_str(),
        version: Version::FIRST.get(),
        tenant_ids: tenant_ids.as_slice(),
        keys: names.as_slice(),
        ids: ids.as_slice(),
    };
    let claimed = db
        .pipelined(
            "claim_keys",
            &tenants,
            lock_wait(attempt),
            |client| async move {
                let client = &**client;
                let (claiming, inserting) = (claim_keys(), insert_orders());
                // The second inserts an order only where the first has claimed its key.
                let (claimed, inserted) = tokio::join!(
                    biased;
                    claiming.params(client, claim).all(),
                    inserting.params(client, draft).all(),
                );
                let claimed = claimed?; // first, since its failure fails the second
                inserted?;
                Ok(claimed)
            },
        )
        .await?;
    let mut claimed: HashMap<_, _> = claimed
        .into_iter()
        .map(|claimed| (claimed.order_id, claimed.response))
        .collect();
    for key in keys {
        let Create {
            id, fingerprint, ..
        } = *key.create;
        key.stored = claimed.remove(&id).map(|response| Stored {
            order_id: id,
            fingerprint: fingerprint.as_bytes().to_vec(),
            response,
        });
    }
    Ok(())
}
