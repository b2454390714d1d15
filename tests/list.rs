//! GET /orders: pages that do not shift.
