//! PATCH /orders/{id}/confirm: one writer at a time.
