//! A broker that does as it is told, and relays that publish to it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use clap::Parser;
use futures_util::future::{BoxFuture, FutureExt, pending};
use orders_server::{
    config::{Cli, Command, RelayCommand},
    db, migrate,
    outbox::{Event, Publisher, Relay, Undelivered, WakeUp},
};
use tokio::sync::watch;
use tokio_postgres::{Client, types::ToSql};
use uuid::Uuid;

use super::{Database, eventually};

/// What the broker does about an event.
#[derive(Clone)]
pub enum Answer {
    Ack,
    /// Acknowledges after a while.
    AckAfter(Duration),
    /// Acknowledges once the switch is on.
    AckWhen(watch::Receiver<bool>),
    Refuse,
    Reject,
    Away {
        retry_after: Option<Duration>,
    },
    Panic,
    Hang,
}

type Script = dyn Fn(&Event, usize) -> Answer + Send + Sync;

/// A broker, and what reached it.
pub struct Broker {
    script: Box<Script>,
    log: Mutex<Log>,
}

#[derive(Default)]
struct Log {
    offered: Vec<Event>,
    acknowledged: Vec<Event>,
    /// Events on their way, by order, and the most there ever were of one.
    on_their_way: HashMap<Uuid, usize>,
    most_of_an_order: usize,
}

/// Events in a database of their own.
pub struct Outbox {
    pub database: Database,
    pub admin: Client,
}

// === impl Broker ===

impl Broker {
    /// Decides by the event and by how often it was offered before.
    pub fn new(script: impl Fn(&Event, usize) -> Answer + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            script: Box::new(script),
            log: Mutex::default(),
        })
    }

    /// Takes everything.
    pub fn willing() -> Arc<Self> {
        Self::new(|_, _| Answer::Ack)
    }

    /// Everything it was asked to take.
    pub fn offered(&self) -> Vec<Event> {
        self.log.lock().unwrap().offered.clone()
    }

    /// What it took, in that order.
    pub fn acknowledged(&self) -> Vec<Event> {
        self.log.lock().unwrap().acknowledged.clone()
    }

    pub fn acknowledged_ids(&self) -> Vec<Uuid> {
        self.acknowledged().iter().map(|event| event.id).collect()
    }

    /// How many events of one order it had at a time, at most.
    pub fn most_of_an_order(&self) -> usize {
        self.log.lock().unwrap().most_of_an_order
    }

    async fn take(&self, event: &Event) -> Result<(), Undelivered> {
        let answer = {
            let mut log = self.log.lock().unwrap();
            let before = log.offered.iter().filter(|offered| offered.id == event.id);
            let before = before.count();
            log.offered.push(event.clone());
            let on_their_way = log.on_their_way.entry(event.order_id).or_default();
            *on_their_way += 1;
            let on_their_way = *on_their_way;
            log.most_of_an_order = log.most_of_an_order.max(on_their_way);
            (self.script)(event, before)
        };
        let _arrives = Arrives(self, event.order_id);
        let cause = "the broker was told to".into();
        match answer {
            Answer::Ack => {}
            Answer::AckAfter(delay) => tokio::time::sleep(delay).await,
            Answer::AckWhen(mut switch) => drop(switch.wait_for(|on| *on).await),
            Answer::Refuse => {
                return Err(Undelivered::Refused {
                    retry_after: None,
                    cause,
                });
            }
            Answer::Reject => return Err(Undelivered::Rejected { cause }),
            Answer::Away { retry_after } => {
                return Err(Undelivered::Unavailable { retry_after, cause });
            }
            Answer::Panic => panic!("the broker was told to"),
            Answer::Hang => pending().await,
        }
        self.log.lock().unwrap().acknowledged.push(event.clone());
        Ok(())
    }
}

/// Ends an event's way, however it ends.
struct Arrives<'a>(&'a Broker, Uuid);

impl Drop for Arrives<'_> {
    fn drop(&mut self) {
        let mut log = self.0.log.lock().unwrap();
        *log.on_their_way.get_mut(&self.1).unwrap() -= 1;
    }
}

impl Publisher for Broker {
    fn publish<'a>(&'a self, event: &'a Event) -> BoxFuture<'a, Result<(), Undelivered>> {
        self.take(event).boxed()
    }
}

// === impl Outbox ===

impl Outbox {
    /// An empty one.
    pub async fn new() -> Self {
        let database = Database::own().await;
        let admin = database.admin().await;
        let outbox = Self { database, admin };
        migrate(&outbox.config(&[]).database).await.unwrap();
        outbox
    }

    /// The configuration of a relay; looks soon and often unless told otherwise.
    pub fn config(&self, flags: &[&str]) -> RelayCommand {
        let url = self.database.url();
        let basics = [
            "orders",
            "relay",
            "--database-url",
            &url,
            "--relay-poll-max",
            "50ms",
        ];
        let basics = basics.iter().filter(|flag| {
            // A flag may be given once.
            !flags.contains(&"--relay-poll-max") || !["--relay-poll-max", "50ms"].contains(flag)
        });
        match Cli::parse_from(basics.chain(flags)).command {
            Command::Relay(config) => config,
            _ => unreachable!(),
        }
    }

    /// A running relay.
    pub async fn relay(&self, broker: &Arc<Broker>, flags: &[&str]) -> Relay {
        self.relay_with(broker, WakeUp::default(), flags).await
    }

    /// A running relay that hears this wake_up.
    pub async fn relay_with(&self, broker: &Arc<Broker>, wake_up: WakeUp, flags: &[&str]) -> Relay {
        let config = self.config(flags);
        let database = db::Connector::new((&config.database).into()).await.unwrap();
        let publisher: Arc<dyn Publisher> = Arc::clone(broker) as _;
        Relay::start(database.pool().unwrap(), publisher, wake_up, &config.relay)
    }

    /// An event of an order; ids follow the order in which they are made.
    pub async fn event(&self, tenant: &str, order: Uuid, event_type: &str) -> Uuid {
        let id = Uuid::now_v7();
        let insert = r#"INSERT INTO outbox (tenant_id, id, event_type, order_id, payload, created_at)
             VALUES ($1, $2, $3, $4, '{"n": 1}', now())"#;
        let values: [&(dyn ToSql + Sync); 4] = [&tenant, &id, &event_type, &order];
        self.admin.execute(insert, &values).await.unwrap();
        id
    }

    /// An event of an order of its own.
    pub async fn any_event(&self, tenant: &str) -> Uuid {
        self.event(tenant, Uuid::new_v4(), "orders.closed").await
    }

    /// So many events of orders of their own.
    pub async fn many_events(&self, tenant: &str, count: i32) {
        let insert = "INSERT INTO outbox (tenant_id, id, event_type, order_id, payload, created_at)
             SELECT $1, gen_random_uuid(), 'orders.closed', gen_random_uuid(), '{}', now() + n * interval '1 microsecond'
               FROM generate_series(1, $2) AS n";
        self.admin
            .execute(insert, &[&tenant, &count])
            .await
            .unwrap();
    }

    /// How many events a condition holds for.
    pub async fn count(&self, condition: &str) -> i64 {
        let count = format!("SELECT count(*) FROM outbox WHERE {condition}");
        self.admin.query_one(&count, &[]).await.unwrap().get(0)
    }

    /// Returns once there are so many.
    pub async fn until(&self, count: i64, condition: &str) {
        eventually(&format!("{count} events with {condition}"), async || {
            self.count(condition).await == count
        })
        .await;
    }
}
