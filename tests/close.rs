//! POST /orders/{id}/close: the order and its one event, together or not at all.
