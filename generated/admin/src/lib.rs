// Generated from openapi-admin.yaml by codegen/. Do not edit.

//! Orders admin 1.0.0: the contract as a trait and a router.
//!
//! Implement [`Api`] and serve [`Router::new`]. The router checks headers, path, query and body
//! against the contract before it calls a method. A request that fails a check becomes a
//! [`DecodeError`], which `Api::Failure` turns into a response.

mod api;
mod date_time;
mod decode;
mod models;
mod operations;
mod respond;
mod router;

pub use api::Api;
pub use date_time::DateTime;
pub use decode::DecodeError;
pub use models::*;
pub use operations::*;
pub use respond::{EncodeError, Response, Verbatim, json};
pub use router::{Operation, Router};
