// Generated from openapi.yaml by codegen/. Do not edit.

//! Orders 1.0.0, as its contract tells it.
//!
//! Implement [`Api`], hand it to [`Router::new`], and serve that: whatever the contract says of a request's
//! headers, path, query and body holds by the time a method is called. Everything refused on the way becomes a
//! [`Rejection`] and goes through the one hook `Api::Failure: From<Rejection>`.

mod api;
mod decode;
mod models;
mod operations;
mod respond;
mod router;

pub use api::Api;
pub use decode::Rejection;
pub use models::*;
pub use operations::*;
pub use respond::{Response, Verbatim, json};
pub use router::{Operation, Router};
