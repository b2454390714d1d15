//! HTTP: from a connection to an operation of the contract, and back.
//!
//! **Invariant:** every error response has the contract's `ApiError` as its body, whichever layer
//! sends it. `failure.rs` writes it, and `admin/failure.rs` for the operations of [`admin`].

pub mod admin;
mod api;
mod assets;
mod authentication;
mod body_limit;
mod branch;
mod caching;
mod collect_body;
mod connection;
mod connections;
mod cors;
mod descriptors;
mod failure;
mod headers;
mod host;
mod hyper_errors;
mod lingering_close;
mod listener;
mod load_shedding;
mod metrics;
mod overload;
mod request_id;
mod request_log;
mod request_timeout;
mod request_trace;
mod server_tls;
mod stack;
mod unread_body;

pub use api::{OrdersApi, RequestContext};
pub use connections::{ConnectionLimits, Connections};
pub use failure::Failure;
pub use listener::{Listener, ListenerSettings};
pub use metrics::Metrics;
pub use request_log::ResponseLog;
pub use server_tls::{ServerTls, ServerTlsError, TlsFiles};
pub use stack::{Settings, service};
