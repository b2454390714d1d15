//! The use cases: one per operation on orders.
//!
//! Arguments and results are domain types. No use case sees a header or a status code. Each hands
//! its request to a [`Batcher`](crate::batch::Batcher): concurrent requests of one kind share a
//! transaction, and each gets its own result.
//!
//! **Invariant:** no rule of the life cycle is written twice. The guarded write carries core's
//! statuses and versions; if it matches no row, the order is reread and core explains why.

mod close;
mod confirm;
mod create;
mod error;
mod get;
mod guarded_update;
mod list;
mod order;
pub mod representation;
mod rows;

pub use self::{
    close::CloseOrder,
    confirm::ConfirmOrder,
    create::{CreateOrder, Created},
    error::Error,
    get::GetOrder,
    list::{ListOrders, Page},
    order::Order,
};
use crate::{batch::Limits, db::Db, outbox::WakeUp};

/// The use cases. Cheap to clone.
#[derive(Clone)]
pub struct Orders {
    /// `POST /orders`
    pub create: CreateOrder,
    /// `PATCH /orders/{id}/confirm`
    pub confirm: ConfirmOrder,
    /// `POST /orders/{id}/close`
    pub close: CloseOrder,
    /// `GET /orders/{id}`
    pub get: GetOrder,
    /// `GET /orders`
    pub list: ListOrders,
}

// === impl Orders ===

impl Orders {
    /// The use cases on a database. `limits` hold for each of them; `wake_up` wakes the relay of
    /// this process after events were committed.
    pub fn new(db: &Db, limits: Limits, wake_up: WakeUp) -> Self {
        Self {
            create: CreateOrder::new(db.clone(), limits),
            confirm: ConfirmOrder::new(db.clone(), limits, wake_up.clone()),
            close: CloseOrder::new(db.clone(), limits, wake_up),
            get: GetOrder::new(db.clone(), limits),
            list: ListOrders::new(db.clone(), limits),
        }
    }
}
