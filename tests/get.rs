//! GET /orders/{id}.
