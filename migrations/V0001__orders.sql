-- The schema repeats the rules of core/, so that a statement which breaks one fails here as well.
--
-- Every key starts with tenant_id: the tables can be distributed by tenant, and an index range is one tenant's.

CREATE TABLE orders (
    tenant_id   text        NOT NULL CHECK (tenant_id <> ''),
    id          uuid        NOT NULL,
    status      text        NOT NULL CHECK (status IN ('draft', 'confirmed', 'closed')),
    version     int         NOT NULL CHECK (version >= 1),
    total_cents int         CHECK (total_cents >= 0),
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT draft_has_no_total CHECK ((status = 'draft') = (total_cents IS NULL))
);

-- The keyset of GET /orders. Ascending although pages run newest first: new orders then arrive at the end of their
-- tenant's range, where btree splits leave full pages behind, and a backward scan is as cheap.
CREATE INDEX orders_by_age ON orders (tenant_id, created_at, id);

CREATE TABLE idempotency_keys (
    tenant_id     text        NOT NULL CHECK (tenant_id <> ''),
    key           text        NOT NULL CHECK (key <> ''),
    fingerprint   bytea       NOT NULL CHECK (octet_length(fingerprint) = 32),
    order_id      uuid        NOT NULL,
    -- json, not jsonb: a replay returns these very bytes.
    response_json json        NOT NULL,
    created_at    timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, key)
);

CREATE TABLE outbox (
    tenant_id    text        NOT NULL CHECK (tenant_id <> ''),
    id           uuid        NOT NULL,
    event_type   text        NOT NULL CHECK (event_type <> ''),
    order_id     uuid        NOT NULL,
    payload      json        NOT NULL,
    created_at   timestamptz NOT NULL,
    published_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    -- An order closes once, so it is announced once.
    CONSTRAINT one_event_of_a_type_per_order UNIQUE (tenant_id, order_id, event_type)
);

-- A second wall behind the `tenant_id = …` of every statement: outside a transaction that names its tenants
-- (queries/session.sql) no row is visible and none can be written. FORCE, because the service owns its tables. Tenants'
-- names have no commas. A text search, because an array would be an index condition, and a planner that knows no better
-- would rather read all rows of the tenants named than look up the few that are asked for.
ALTER TABLE orders           ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE outbox           ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY own_tenants ON orders
    USING (strpos(',' || current_setting('orders.tenant_ids', true) || ',', ',' || tenant_id || ',') > 0);
CREATE POLICY own_tenants ON idempotency_keys
    USING (strpos(',' || current_setting('orders.tenant_ids', true) || ',', ',' || tenant_id || ',') > 0);
CREATE POLICY own_tenants ON outbox
    USING (strpos(',' || current_setting('orders.tenant_ids', true) || ',', ',' || tenant_id || ',') > 0);
