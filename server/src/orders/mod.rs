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
mod metrics;
mod order;
pub mod representation;
mod resources;
mod rows;

pub use self::{
    close::CloseOrder,
    confirm::ConfirmOrder,
    create::{CreateOrder, Created},
    error::Error,
    get::GetOrder,
    list::{ListOrders, Page},
    metrics::Metrics,
    order::Order,
    resources::Resources,
};

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
    /// The use cases on these resources.
    pub fn new(resources: &Resources) -> Self {
        Self {
            create: CreateOrder::new(resources),
            confirm: ConfirmOrder::new(resources),
            close: CloseOrder::new(resources),
            get: GetOrder::new(resources),
            list: ListOrders::new(resources),
        }
    }
}
