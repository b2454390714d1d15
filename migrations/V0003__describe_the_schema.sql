-- Descriptions that psql shows (\d+ orders). They change no behaviour.

COMMENT ON TABLE orders IS
    'Orders. The CHECK constraints repeat the life cycle of core: draft, confirmed, closed.';
COMMENT ON COLUMN orders.version IS 'Starts at 1. Each write adds 1.';
COMMENT ON COLUMN orders.total_cents IS 'NULL while the order is a draft.';
COMMENT ON COLUMN orders.created_at IS
    'Time of the look-up that found the idempotency key free, by the clock of the database.';
COMMENT ON INDEX orders_by_age IS
    'Keyset of GET /orders. Ascending, so that new orders are inserted at the end of the range of their tenant; pages scan it backwards.';

COMMENT ON TABLE idempotency_keys IS
    'Idempotency keys of POST /orders. A key is alive for one hour after created_at; afterwards the next request takes the row over, or a purge deletes it.';
COMMENT ON COLUMN idempotency_keys.fingerprint IS 'SHA-256 of the canonical request body (RFC 8785).';
COMMENT ON COLUMN idempotency_keys.order_id IS 'The order created under the key.';
COMMENT ON COLUMN idempotency_keys.response_json IS
    'The response as sent. json and not jsonb, because a replay returns the same bytes.';

COMMENT ON TABLE outbox IS
    'Events. An event is waiting (published_at and parked_at are NULL), published, or parked.';
COMMENT ON COLUMN outbox.due_at IS
    'When the event may be claimed. A lease and a backoff both move it into the future. No index contains it, so a claim writes no index entry.';
COMMENT ON COLUMN outbox.attempts IS 'Failed attempts to publish the event.';
COMMENT ON COLUMN outbox.last_error IS 'Why the last attempt failed.';
COMMENT ON COLUMN outbox.trace_parent IS
    'W3C traceparent of the request that caused the event.';
COMMENT ON CONSTRAINT one_event_of_a_type_per_order ON outbox IS
    'An order makes each transition once, so it has one event of each type.';
COMMENT ON INDEX outbox_waiting IS 'Waiting events in the order in which they are published.';
COMMENT ON INDEX outbox_published IS 'Published events, for the purge.';

COMMENT ON POLICY own_tenants ON orders IS
    'Shows and accepts rows of the tenants in the setting orders.tenant_ids alone. A text search, because an array comparison would become an index condition and replace the look-up by key.';
COMMENT ON POLICY all_tenants ON outbox IS
    'The setting * reads the events of all tenants, for the relay. No policy lets it write.';
COMMENT ON POLICY all_tenants ON idempotency_keys IS
    'The setting * reads the keys of all tenants, for the purge. No policy lets it write.';
