-- What the relay has to know about an event, and what finds it.

ALTER TABLE outbox ADD COLUMN attempts int NOT NULL DEFAULT 0;
-- From when on it may be published: later while somebody is at it (a lease), and after a failure. No index has this
-- column, so that a claim writes none.
ALTER TABLE outbox ADD COLUMN due_at timestamptz NOT NULL DEFAULT '-infinity';
ALTER TABLE outbox ADD COLUMN parked_at timestamptz;
ALTER TABLE outbox ADD COLUMN last_error text;
-- The W3C traceparent of the request that caused it.
ALTER TABLE outbox ADD COLUMN trace_parent text;

ALTER TABLE outbox ADD CONSTRAINT attempts_are_counted CHECK (attempts >= 0);
ALTER TABLE outbox ADD CONSTRAINT published_is_not_parked CHECK (published_at IS NULL OR parked_at IS NULL);
ALTER TABLE outbox ADD CONSTRAINT parked_says_why CHECK (parked_at IS NULL OR last_error IS NOT NULL);

-- Room on the page for the version of a row that is claimed, and for the one that is marked (HOT). What is waited for
-- moves through the front of its index for ever, so its dead entries are removed before they are many.
ALTER TABLE outbox SET (
    fillfactor = 50,
    autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_vacuum_threshold = 5000);

-- What waits, in the order in which it is published. An earlier event of the same order is found by the unique
-- constraint on (tenant_id, order_id, event_type): an order has few.
CREATE INDEX outbox_waiting ON outbox (tenant_id, created_at, id) WHERE published_at IS NULL AND parked_at IS NULL;
CREATE INDEX outbox_parked ON outbox (parked_at, id) WHERE parked_at IS NOT NULL;
-- What is purged. A BRIN index would be smaller, but its ranges stay where rows were deleted and are used again.
CREATE INDEX outbox_published ON outbox (published_at) WHERE published_at IS NOT NULL;
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

-- Who has events is known only once somebody has looked. A transaction in the name of `*`, which no tenant can be
-- called, may read everybody's, and write nobody's.
CREATE POLICY all_tenants ON outbox FOR SELECT
    USING (current_setting('orders.tenant_ids', true) = '*');
CREATE POLICY all_tenants ON idempotency_keys FOR SELECT
    USING (current_setting('orders.tenant_ids', true) = '*');
