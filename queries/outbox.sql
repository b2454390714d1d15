-- Events, written in the transaction of the change they announce.

-- One row a call, or the unique constraint refuses a second event of the type for an order.
--! insert_events
INSERT INTO outbox AS e (tenant_id, id, event_type, order_id, payload, created_at)
SELECT call.tenant_id, call.id, :event_type, call.order_id, call.payload::json, call.created_at
  FROM unnest(:tenant_ids::text[], :ids::uuid[], :order_ids::uuid[], :payloads::text[], :created_ats::timestamptz[])
       AS call (tenant_id, id, order_id, payload, created_at)
RETURNING e.id;
