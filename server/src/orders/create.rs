//! Creates drafts, one per idempotency key.
//!
//! The look-up of the keys also returns the database's time. It becomes the one instant of the key,
//! of the order and of the stored response, which is written before the key is claimed. Key, order
//! and response are committed together.

use std::collections::{BTreeMap, HashSet};

use orders_core::{
    idempotency::{Fingerprint, IdempotencyKey, Reuse},
    limits::IDEMPOTENCY_WINDOW_SECONDS,
    order::{OrderId, Status},
    tenant::TenantId,
    timestamp::Timestamp,
    version::Version,
};
use orders_db::{
    client::Params,
    queries::{
        idempotency_keys::{ClaimKeysParams, FindKeysParams, FoundKey, claim_keys, find_keys},
        orders::{InsertOrdersParams, insert_orders},
    },
};
use uuid::Uuid;

use super::{
    error::Error,
    metrics::{Metrics, Outcome},
    order::Order,
    representation,
    resources::Resources,
    rows::{Placed, by_request},
};
use crate::{
    batch::{Attempt, BatchHandler, Batcher, RequestError},
    db::{Connection, Db, DbError, LockWait, Tenants},
    time::{from_db, to_db},
};

/// Creates a draft. Cheap to clone.
#[derive(Clone)]
pub struct CreateOrder {
    batcher: Batcher<Handler>,
    metrics: Metrics,
}

/// The result of a create.
#[derive(Debug)]
pub struct Created {
    /// The order, created by this request or by an earlier one with the same key.
    pub id: OrderId,
    /// The stored response: JSON of the contract's `OrderCreated`.
    pub response: String,
    /// Whether an earlier request created the order.
    pub replayed: bool,
}

struct Handler(Db);

/// A create. It claims its key for the order `id`, unless the key is taken.
struct Request {
    tenant: TenantId,
    key: IdempotencyKey,
    fingerprint: Fingerprint,
    id: OrderId,
}

/// What is stored under a key.
#[derive(Clone)]
struct Stored {
    order_id: OrderId,
    fingerprint: Vec<u8>,
    response: String,
    /// Whether this request waited for the one that stored it.
    waited: bool,
}

/// A distinct key of a batch: its first request, and what is stored under the key as far as known.
struct Key<'a> {
    request: &'a Request,
    stored: Option<Stored>,
}

type Keys<'a> = BTreeMap<(&'a str, &'a str), Key<'a>>;

// === impl CreateOrder ===

impl CreateOrder {
    /// Writes to the database.
    pub fn new(resources: &Resources) -> Self {
        let handler = Handler(resources.db.clone());
        let metrics = resources.metrics.clone();
        Self {
            batcher: Batcher::new("createOrder", handler, resources.limits, &metrics.batches),
            metrics,
        }
    }

    /// Creates a draft, or finds the one that was created under the same key within
    /// [`IDEMPOTENCY_WINDOW_SECONDS`]. Concurrent requests with one key create one order.
    ///
    /// # Errors
    /// [`Error::KeyReused`] if the key was used with a different body. [`Error::InProgress`] if a
    /// request with the same key has not ended within the lock timeout. [`Error::QueueFull`],
    /// [`Error::Database`].
    pub async fn run(
        &self,
        tenant: &TenantId,
        key: IdempotencyKey,
        fingerprint: Fingerprint,
    ) -> Result<Created, Error> {
        let created = self.create(tenant, key, fingerprint).await;
        let outcome = match &created {
            Ok((_, outcome)) => Some(*outcome),
            Err(Error::KeyReused) => Some(Outcome::Reused),
            Err(Error::InProgress) => Some(Outcome::InProgress),
            Err(_) => None,
        };
        if let Some(outcome) = outcome {
            self.metrics.count_outcome(outcome);
        }
        created.map(|(created, _)| created)
    }

    async fn create(
        &self,
        tenant: &TenantId,
        key: IdempotencyKey,
        fingerprint: Fingerprint,
    ) -> Result<(Created, Outcome), Error> {
        let id = OrderId::new(Uuid::now_v7());
        let request = Request {
            tenant: tenant.clone(),
            key,
            fingerprint,
            id,
        };
        let called = self.batcher.call(tenant.as_str(), request).await;
        let stored = called.map_err(|error| match error {
            RequestError::Failed(DbError::LockTimeout(_)) => Error::InProgress,
            error => error.into(),
        })?;
        let stored = stored?.ok_or(Error::InProgress)?;
        let bytes = stored.fingerprint.try_into();
        let stored_fingerprint = bytes
            .map(Fingerprint::from_bytes)
            .map_err(|_| Error::Corrupt("a fingerprint of the wrong length"))?;
        match fingerprint.reuse(&stored_fingerprint) {
            Reuse::Replay => {
                let outcome = match stored.order_id == id {
                    true => Outcome::Created,
                    false if stored.waited => Outcome::Waited,
                    false => Outcome::Replayed,
                };
                let created = Created {
                    id: stored.order_id,
                    response: stored.response,
                    replayed: outcome != Outcome::Created,
                };
                Ok((created, outcome))
            }
            Reuse::DifferentBody => Err(Error::KeyReused),
        }
    }
}

impl BatchHandler for Handler {
    type Request = Request;
    /// `None` if the key was claimed by another request and deleted during the batch.
    type Response = Result<Option<Stored>, DbError>;
    type Error = DbError;

    async fn handle(
        &self,
        requests: &[Request],
        attempt: Attempt,
    ) -> Result<Vec<Self::Response>, DbError> {
        // Sorted, so that two transactions claim their common keys in the same order. Distinct,
        // because one statement cannot claim a key twice: of two requests with one key, the first
        // creates the order, and the second gets what the first stored.
        let mut keys = Keys::new();
        for request in requests {
            keys.entry((request.tenant.as_str(), request.key.as_str()))
                .or_insert(Key {
                    request,
                    stored: None,
                });
        }
        // A replay ends with this look-up: it neither locks nor writes.
        let now = self.find(&mut keys).await?;
        self.claim(&mut keys, now, attempt.into()).await?;
        // Other transactions claimed the keys that are still open. If this look-up fails, the
        // orders created above are committed all the same.
        let open_before = open(&mut keys).len();
        let reread = self.find(&mut keys).await;
        // A single request waits for the transaction that claimed its key.
        if attempt == Attempt::Single && open_before > 0 {
            let stored = keys.values_mut().filter_map(|key| key.stored.as_mut());
            stored.for_each(|stored| stored.waited = true);
        }

        let respond = |request: &Request| {
            let key = keys.get(&(request.tenant.as_str(), request.key.as_str()));
            match key.and_then(|key| key.stored.clone()) {
                Some(stored) => Ok(Some(stored)),
                None => reread.clone().map(|_| None),
            }
        };
        Ok(requests.iter().map(respond).collect())
    }
}

// === impl Handler ===

impl Handler {
    /// Looks the open keys up. Returns the database's time; `None` if no key is open.
    async fn find(&self, keys: &mut Keys<'_>) -> Result<Option<Timestamp>, DbError> {
        let mut open = open(keys);
        if open.is_empty() {
            return Ok(None);
        }
        let tenants = Tenants::of(open.iter().map(|key| &key.request.tenant));
        let params = &FindKeysParams {
            rls_tenants: tenants.rls_tenants(),
            tenant_ids: open
                .iter()
                .map(|key| key.request.tenant.as_str())
                .collect::<Vec<_>>(),
            keys: open
                .iter()
                .map(|key| key.request.key.as_str())
                .collect::<Vec<_>>(),
            key_lifetime: f64::from(IDEMPOTENCY_WINDOW_SECONDS),
        };
        let rows = self.0.read("find_keys", |client| async move {
            find_keys().params(&**client, params).all().await
        });
        let rows = rows.await?;
        let now = rows.first().map(|row| from_db(row.now));
        let stored = rows.into_iter().map(|row| Placed {
            place: row.place,
            row: Stored::from_row(row),
        });
        let stored = by_request(open.len(), stored);
        for (key, stored) in open.iter_mut().zip(stored) {
            key.stored = stored.flatten();
        }
        Ok(now)
    }

    /// Claims the open keys for their orders, and creates the orders whose key was free, in one
    /// transaction. All of them are created at `now`.
    async fn claim(
        &self,
        keys: &mut Keys<'_>,
        now: Option<Timestamp>,
        lock_wait: LockWait,
    ) -> Result<(), DbError> {
        let open = open(keys);
        let Some(now) = now.filter(|_| !open.is_empty()) else {
            return Ok(());
        };
        let requests: Vec<_> = open.iter().map(|key| key.request).collect();
        let responses: Vec<_> = requests
            .iter()
            .map(|request| Order::draft(request.id, request.tenant.clone(), now))
            .map(|draft| representation::order_created_json(&draft))
            .collect();
        let claimed = self
            .claim_and_insert(&requests, &responses, now, lock_wait)
            .await?;
        for (key, response) in open.into_iter().zip(responses) {
            let request = key.request;
            key.stored = claimed.contains(&request.id.get()).then(|| Stored {
                order_id: request.id,
                fingerprint: request.fingerprint.as_bytes().to_vec(),
                response,
                waited: false,
            });
        }
        Ok(())
    }

    /// Returns the ids of the orders that were created.
    async fn claim_and_insert(
        &self,
        requests: &[&Request],
        responses: &[String],
        now: Timestamp,
        lock_wait: LockWait,
    ) -> Result<HashSet<Uuid>, DbError> {
        let tenants = Tenants::of(requests.iter().map(|request| &request.tenant));
        let tenant_ids: Vec<_> = requests
            .iter()
            .map(|request| request.tenant.as_str())
            .collect();
        let keys: Vec<_> = requests
            .iter()
            .map(|request| request.key.as_str())
            .collect();
        let ids: Vec<_> = requests.iter().map(|request| request.id.get()).collect();
        let claim = &ClaimKeysParams {
            tenant_ids: tenant_ids.as_slice(),
            keys: keys.as_slice(),
            fingerprints: requests
                .iter()
                .map(|request| request.fingerprint.as_bytes().as_slice())
                .collect::<Vec<_>>(),
            ids: ids.as_slice(),
            responses: responses.iter().map(String::as_str).collect::<Vec<_>>(),
            created_at: to_db(now),
            key_lifetime: f64::from(IDEMPOTENCY_WINDOW_SECONDS),
        };
        let insert = &InsertOrdersParams {
            status: Status::Draft.as_str(),
            version: Version::FIRST.get(),
            tenant_ids: tenant_ids.as_slice(),
            keys: keys.as_slice(),
            ids: ids.as_slice(),
        };
        let claim_and_insert = |client: Connection| async move {
            let client = &**client;
            let (claiming, inserting) = (claim_keys(), insert_orders());
            let (claimed, inserted) = tokio::join!(
                biased;
                claiming.params(client, claim).all(),
                inserting.params(client, insert).all(),
            );
            let claimed = claimed?; // first: its failure is the cause of the other one
            inserted?;
            Ok(claimed)
        };
        let claimed = self
            .0
            .pipelined("claim_keys", &tenants, lock_wait, claim_and_insert);
        Ok(claimed.await?.into_iter().collect())
    }
}

/// The keys under which nothing is known to be stored.
fn open<'k, 'r>(keys: &'k mut Keys<'r>) -> Vec<&'k mut Key<'r>> {
    keys.values_mut()
        .filter(|key| key.stored.is_none())
        .collect()
}

// === impl Stored ===

impl Stored {
    fn from_row(row: FoundKey) -> Option<Self> {
        Some(Self {
            order_id: OrderId::new(row.order_id?),
            fingerprint: row.fingerprint?,
            response: row.response?,
            waited: false,
        })
    }
}
