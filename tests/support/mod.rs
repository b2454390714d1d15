//! Worlds, not mocks: a server, its database, and a client that believes nothing the contract does not say.

mod app;
mod client;
mod contract;
mod postgres;
mod rows;

pub use app::{App, Isolation, config};
pub use client::{Call, Client, Reply};
pub use postgres::Database;
pub use rows::eventually;
