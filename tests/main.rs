//! Black-box tests: a real server on a real PostgreSQL. `support` checks each response against
//! openapi.yaml; an undocumented status, header or body fails the test.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that meets the unexpected should panic"
)]

mod support;

mod agreement;
mod assets;
mod auth;
mod batching;
mod binary;
mod close;
mod confirm;
mod connections;
mod cors;
mod create;
mod dashboards;
mod database_tls;
mod docs;
mod doctor;
mod examples;
mod failover;
mod get;
mod hostile_clients;
mod http;
mod limits;
mod list;
mod listener_tls;
mod lost_connections;
mod maintenance;
mod metrics;
mod migrations;
mod outage;
mod outbox_api;
mod pooler;
mod private;
mod proxies;
mod publish;
mod relay;
mod replicas;
mod roles;
mod schema;
mod statements;
mod tenants;
mod traces;
mod tree;
