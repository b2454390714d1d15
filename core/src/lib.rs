//! The rules of the Orders API, shared by the server and the browser.
//!
//! Values are read by `FromStr`. The errors display as predicates ("must be …"), so that the name
//! of the parameter in front of one makes a sentence.
//!
//! **Invariant:** core has no clock, no IO and no global state; every input is an argument.
//!
//! **Invariant:** no input makes core panic. Parsers are total and arithmetic is checked or
//! bounded; the lints below enforce it.
//!
//! **Invariant:** money is an integer number of cents. The only floats are the numbers of a JSON
//! body, which are hashed and never computed with.
#![no_std]
#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::float_arithmetic,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::string_slice,
        clippy::unreachable,
        clippy::unwrap_used,
    )
)]

extern crate alloc;

pub mod cursor;
pub mod idempotency;
pub mod limits;
pub mod order;
pub mod page;
pub mod tenant;
pub mod timestamp;
pub mod version;

mod entity_tags;
mod json;

pub use uuid::Uuid;
