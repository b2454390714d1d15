//! What the tests share: servers, databases, brokers, and a client that checks each response
//! against the contract.

mod app;
mod authority;
mod balancer;
mod binary;
mod client;
mod collector;
mod contract;
mod gate;
mod hold;
mod issuer;
mod nats;
mod pooler;
mod postgres;
mod prometheus;
mod proxy;
mod receiver;
mod relay;
mod rows;
mod wire;

use std::time::{Duration, Instant};

pub use app::{App, Isolation, config, config_at};
pub use authority::{Authority, Identity};
pub use balancer::{Balancer, Replica, free_port};
pub use binary::{Ended, Process, built as orders_binary};
pub use client::{Call, Client, Reply};
pub use collector::{Attribute, Collector, SpanExt, hex};
pub use contract::Contract;
pub use gate::Gate;
pub use hold::Hold;
pub use issuer::{Issuer, Key, caller, valid as valid_claims};
pub use nats::Nats;
pub use pooler::{Pooler, is_pooled};
pub use postgres::Database;
pub use prometheus::Prometheus;
pub use proxy::{Proxy, ProxyKind};
pub use receiver::{Delivery, Receiver, Scripted, self_signed};
pub use relay::{Broker, BrokerResponse, Outbox};
pub use wire::Wire;

/// Waits until the fact is true. Fails the test after 30 s.
pub async fn eventually(what: &str, fact: impl AsyncFn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !fact().await {
        assert!(Instant::now() < deadline, "never came true: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
