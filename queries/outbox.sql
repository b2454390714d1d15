-- Events, written in the transaction of the change they announce.

-- One row, or the unique constraint refuses a second event of the type for the order.
--! insert_event
INSERT INTO outbox (tenant_id, id, event_type, order_id, payload, created_at)
VALUES (:tenant_id, :id, :event_type, :order_id, :payload::text::json, :created_at)
RETURNING id;
