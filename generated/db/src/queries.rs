// This file was generated with `cornucopia`. Do not modify.

pub mod idempotency_keys;
pub mod orders;
pub mod outbox;
pub mod session;
