//! A broker with scripted responses, and relays that publish to it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use clap::Parser;
use futures_util::future::{BoxFuture, FutureExt, pending};
use orders_core::order::OrderId;
use orders_server::{
    config::{Cli, Command, RelayCommand},
    db, migrate,
    outbox::{
        Event, Relay, WakeUp,
        publisher::{DeliveryError, Publisher},
    },
};
use tokio::sync::watch;
use tokio_postgres::{Client, types::ToSql};
use uuid::Uuid;

use super::{Database, eventually, is_pooled};

/// The broker's response to an event.
#[derive(Clone)]
pub enum BrokerResponse {
    Ack,
    /// Acknowledges after a delay.
    AckAfter(Duration),
    /// Acknowledges once the value is true.
    AckWhen(watch::Receiver<bool>),
    Retryable,
    Ambiguous,
    Permanent,
    Unavailable {
        retry_after: Option<Duration>,
    },
    Panic,
    Hang,
}

type Script = dyn Fn(&Event, usize) -> BrokerResponse + Send + Sync;

/// A broker in this process. It records the events that it receives.
pub struct Broker {
    script: Box<Script>,
    log: Mutex<Log>,
}

#[derive(Default)]
struct Log {
    received: Vec<Event>,
    acknowledged: Vec<Event>,
    /// Events in flight, by order.
    in_flight: HashMap<OrderId, usize>,
    /// The largest value that an entry of `in_flight` had.
    max_in_flight_per_order: usize,
}

/// An outbox in a database of its own.
pub struct Outbox {
    pub database: Database,
    pub admin: Client,
}

// === impl Broker ===

impl Broker {
    /// A broker that responds by the event and by how often it has received the event before.
    pub fn new(
        script: impl Fn(&Event, usize) -> BrokerResponse + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            script: Box::new(script),
            log: Mutex::default(),
        })
    }

    /// A broker that acknowledges every event.
    pub fn accepting() -> Arc<Self> {
        Self::new(|_, _| BrokerResponse::Ack)
    }

    /// All received events, repeated ones included.
    pub fn received(&self) -> Vec<Event> {
        self.log.lock().unwrap().received.clone()
    }

    /// The acknowledged events, in the order of acknowledgement.
    pub fn acknowledged(&self) -> Vec<Event> {
        self.log.lock().unwrap().acknowledged.clone()
    }

    pub fn acknowledged_ids(&self) -> Vec<Uuid> {
        self.acknowledged().iter().map(|event| event.id).collect()
    }

    /// The largest number of events of one order that were in flight at a time.
    pub fn max_in_flight_per_order(&self) -> usize {
        self.log.lock().unwrap().max_in_flight_per_order
    }

    async fn receive(&self, event: &Event) -> Result<(), DeliveryError> {
        let response = {
            let mut log = self.log.lock().unwrap();
            let before = log
                .received
                .iter()
                .filter(|received| received.id == event.id);
            let before = before.count();
            log.received.push(event.clone());
            let in_flight = log.in_flight.entry(event.order_id).or_default();
            *in_flight += 1;
            let in_flight = *in_flight;
            log.max_in_flight_per_order = log.max_in_flight_per_order.max(in_flight);
            (self.script)(event, before)
        };
        let _in_flight = InFlight(self, event.order_id);
        let cause = "the script says so";
        match response {
            BrokerResponse::Ack => {}
            BrokerResponse::AckAfter(delay) => tokio::time::sleep(delay).await,
            BrokerResponse::AckWhen(mut switch) => drop(switch.wait_for(|on| *on).await),
            BrokerResponse::Retryable => return Err(DeliveryError::retryable(None, cause)),
            BrokerResponse::Ambiguous => return Err(DeliveryError::ambiguous(None, cause)),
            BrokerResponse::Permanent => return Err(DeliveryError::permanent(cause)),
            BrokerResponse::Unavailable { retry_after } => {
                return Err(DeliveryError::unavailable(retry_after, cause));
            }
            BrokerResponse::Panic => panic!("{cause}"),
            BrokerResponse::Hang => pending().await,
        }
        self.log.lock().unwrap().acknowledged.push(event.clone());
        Ok(())
    }
}

/// Counts an event as in flight until dropped.
struct InFlight<'a>(&'a Broker, OrderId);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        let mut log = self.0.log.lock().unwrap();
        *log.in_flight.get_mut(&self.1).unwrap() -= 1;
    }
}

impl Publisher for Broker {
    fn publish<'a>(&'a self, event: &'a Event) -> BoxFuture<'a, Result<(), DeliveryError>> {
        self.receive(event).boxed()
    }

    fn check(&self) -> BoxFuture<'_, Result<String, DeliveryError>> {
        async { Ok("a test".to_owned()) }.boxed()
    }
}

// === impl Outbox ===

impl Outbox {
    /// An empty outbox.
    pub async fn new() -> Self {
        let database = Database::own().await;
        let admin = database.admin().await;
        let outbox = Self { database, admin };
        migrate(&outbox.config(&[]).database).await.unwrap();
        outbox
    }

    /// The configuration of a relay that polls at least every 50 ms unless a flag says otherwise.
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
            // A flag may be given only once.
            !flags.contains(&"--relay-poll-max") || !["--relay-poll-max", "50ms"].contains(flag)
        });
        match Cli::parse_from(basics.chain(flags)).command {
            Command::Relay(mut config) => {
                config.database.transaction_pooler |= is_pooled();
                config
            }
            _ => unreachable!(),
        }
    }

    /// A running relay.
    pub async fn relay(&self, broker: &Arc<Broker>, flags: &[&str]) -> Relay {
        self.relay_with(broker, WakeUp::default(), flags).await
    }

    /// A running relay with this wake-up.
    pub async fn relay_with(&self, broker: &Arc<Broker>, wake_up: WakeUp, flags: &[&str]) -> Relay {
        let config = self.config(flags);
        let database = db::Connector::new((&config.database).try_into().unwrap())
            .await
            .unwrap();
        let publisher: Arc<dyn Publisher> = Arc::clone(broker) as _;
        let settings = (&config.relay).into();
        Relay::start(database.pool().unwrap(), publisher, wake_up, settings)
    }

    /// Adds an event of an order. Later events have larger ids.
    pub async fn event(&self, tenant: &str, order: Uuid, event_type: &str) -> Uuid {
        let id = Uuid::now_v7();
        let insert = r#"INSERT INTO outbox (tenant_id, id, event_type, order_id, payload, created_at)
             VALUES ($1, $2, $3, $4, '{"n": 1}', now())"#;
        let values: [&(dyn ToSql + Sync); 4] = [&tenant, &id, &event_type, &order];
        self.admin.execute(insert, &values).await.unwrap();
        id
    }

    /// Adds an event of a new order.
    pub async fn any_event(&self, tenant: &str) -> Uuid {
        self.event(tenant, Uuid::new_v4(), "orders.closed").await
    }

    /// Adds `count` events of new orders.
    pub async fn many_events(&self, tenant: &str, count: i32) {
        let insert = "INSERT INTO outbox (tenant_id, id, event_type, order_id, payload, created_at)
             SELECT $1, gen_random_uuid(), 'orders.closed', gen_random_uuid(), '{}', now() + n * interval '1 microsecond'
               FROM generate_series(1, $2) AS n";
        self.admin
            .execute(insert, &[&tenant, &count])
            .await
            .unwrap();
    }

    /// Counts the events for which an SQL condition holds.
    pub async fn count(&self, condition: &str) -> i64 {
        let count = format!("SELECT count(*) FROM outbox WHERE {condition}");
        self.admin.query_one(&count, &[]).await.unwrap().get(0)
    }

    /// Returns once `count` events fulfil the condition.
    pub async fn until(&self, count: i64, condition: &str) {
        eventually(&format!("{count} events with {condition}"), async || {
            self.count(condition).await == count
        })
        .await;
    }
}
