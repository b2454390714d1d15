//! The attacks: what one tenant may send, and what it may leave undone.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use clap::ValueEnum;
use futures_util::FutureExt;
use http::Method;
use tokio::{task::JoinSet, time::sleep};
use tokio_postgres::NoTls;
use uuid::Uuid;

use super::{
    caller::{Call, Caller, id},
    hostile,
};
use crate::Result;

/// The attacking tenant.
pub const TENANT: &str = "attacker";

/// Requests that the attacker sends at a time.
const CONNECTIONS: u32 = 128;

/// Pause between two writes of each kind to a locked order.
const LOCK_PAUSE: Duration = Duration::from_millis(100);

/// What the attacking tenant does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Attack {
    /// Nothing.
    Nothing,
    /// Create orders as fast as it can.
    Flood,
    /// Hold the lock of an order, and confirm and close the order meanwhile.
    Lock,
    /// Create orders with bodies of the maximum size.
    Bodies,
    /// Read with heads of the maximum size.
    Heads,
    /// Create with one and the same key.
    OneKey,
    /// List the largest pages as fast as it can.
    List,
    /// Begin uploads over HTTP/2 and never end them.
    OpenUploads,
    /// Hold 5,000 connections with partial heads and bodies, and with unread responses.
    Connections,
}

/// The attacked service and its database.
#[derive(Debug)]
pub struct Target {
    pub caller: Caller,
    pub admin_url: String,
    pub outcome: Outcome,
}

/// What became of the attacker's requests.
#[derive(Debug, Default)]
pub struct Outcome {
    requests: AtomicU64,
    refused: AtomicU64,
}

/// The tasks of an attack. They run until they are aborted.
pub type Attackers = JoinSet<()>;

// === impl Outcome ===

impl Outcome {
    /// Counts a request, and whether it was refused or its connection closed.
    pub fn count(&self, refused: bool) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.refused.fetch_add(refused.into(), Ordering::Relaxed);
    }

    /// Requests, and how many of them were refused.
    pub fn counts(&self) -> [u64; 2] {
        [&self.requests, &self.refused].map(|count| count.load(Ordering::Relaxed))
    }
}

// === impl Attack ===

impl Attack {
    /// What the table says.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nothing => "does nothing",
            Self::Flood => "creates over 128 connections",
            Self::Lock => "holds the lock of an order, and writes it 20 times a second",
            Self::Bodies => "creates with bodies of 64 KiB over 128 connections",
            Self::Heads => "reads with heads of 15 KiB over 128 connections",
            Self::OneKey => "creates with one key over 128 connections",
            Self::List => "lists pages of 100 over 128 connections",
            Self::OpenUploads => "leaves 1,100 uploads open over 11 HTTP/2 connections",
            Self::Connections => {
                "holds 5,000 connections with partial heads, bodies and unread responses"
            }
        }
    }

    /// Starts the attack.
    pub async fn start(self, target: &Arc<Target>, attackers: &mut Attackers) -> Result<()> {
        let create = |body: Bytes| move || Call::create(TENANT, Uuid::new_v4()).body(body.clone());
        match self {
            Self::Nothing => {}
            Self::Flood => repeat(target, attackers, create(Bytes::new())),
            Self::Bodies => {
                let body = format!(r#"{{"note":"{}"}}"#, "x".repeat(64 * 1024 - 11));
                repeat(target, attackers, create(body.into()));
            }
            Self::Heads => {
                let large = "x".repeat(15 * 1024);
                let list = move || Call::new(TENANT, Method::GET, "/orders?limit=1");
                repeat(target, attackers, move || list().header("x-large", &large));
            }
            Self::OneKey => {
                let key = Uuid::new_v4();
                repeat(target, attackers, move || Call::create(TENANT, key));
            }
            Self::List => {
                for _ in 0..100 {
                    target
                        .caller
                        .send(Call::create(TENANT, Uuid::new_v4()))
                        .await?;
                }
                let list = || Call::new(TENANT, Method::GET, "/orders?limit=100");
                repeat(target, attackers, list);
            }
            Self::Lock => lock(target, attackers).await?,
            Self::OpenUploads => {
                for _ in 0..11 {
                    attackers.spawn(hostile::open_uploads(Arc::clone(target)));
                }
            }
            Self::Connections => {
                for number in 0..5_000 {
                    attackers.spawn(hostile::connection(Arc::clone(target), number));
                }
            }
        }
        Ok(())
    }
}

/// Sends requests over all connections, each as soon as the last one has its response.
fn repeat(
    target: &Arc<Target>,
    attackers: &mut Attackers,
    call: impl Fn() -> Call + Clone + Send + 'static,
) {
    for _ in 0..CONNECTIONS {
        let (target, call) = (Arc::clone(target), call.clone());
        attackers.spawn(async move {
            loop {
                send(&target, call()).await;
            }
        });
    }
}

async fn send(target: &Target, call: Call) {
    let response = target.caller.send(call).await;
    let refused = response.is_ok_and(|(status, _)| status.as_u16() >= 400);
    target.outcome.count(refused);
}

/// Locks an order in another session, and sends writes of it.
async fn lock(target: &Arc<Target>, attackers: &mut Attackers) -> Result<()> {
    let create = Call::create(TENANT, Uuid::new_v4());
    let (_, order) = target.caller.send(create).await?;
    let order = id(&order).ok_or("the order has no id")?;
    let (session, connection) = tokio_postgres::connect(&target.admin_url, NoTls).await?;
    attackers.spawn(connection.map(drop));
    let lock = format!("BEGIN; SELECT 1 FROM orders WHERE id = '{order}' FOR UPDATE");
    session.batch_execute(&lock).await?;
    let target = Arc::clone(target);
    attackers.spawn(async move {
        let _session = session; // its end releases the lock
        let mut writes = JoinSet::new();
        loop {
            let confirm = Call::new(TENANT, Method::PATCH, format!("/orders/{order}/confirm"));
            let confirm = confirm
                .header("if-match", "\"1\"")
                .body(r#"{"totalCents":5}"#);
            let close = Call::new(TENANT, Method::POST, format!("/orders/{order}/close"));
            for call in [confirm, close] {
                let target = Arc::clone(&target);
                writes.spawn(async move { send(&target, call).await });
            }
            while writes.try_join_next().is_some() {}
            sleep(LOCK_PAUSE).await;
        }
    });
    Ok(())
}
