-- Orders, many at a time: the n-th elements of the arrays are one call's, and `place` says whose a row is. Guards arrive
-- as parameters, from core's transitions: no row for a call means that a guard did not hold, and the caller rereads the
-- order to say which. On LATERAL, OFFSET 0 and `rls_tenants` see idempotency_keys.sql.

--: Order(total_cents?)

-- Inserts the drafts for which this transaction has just claimed keys, and takes their instants from the keys: one
-- clock, one instant. No row: the key belongs to another order.
--! insert_orders
INSERT INTO orders AS o (tenant_id, id, status, version, created_at, updated_at)
SELECT k.tenant_id, k.order_id, :status, :version, k.created_at, k.created_at
  FROM unnest(:tenant_ids::text[], :keys::text[], :ids::uuid[]) AS call (tenant_id, key, id)
 CROSS JOIN LATERAL (
       SELECT claimed.tenant_id, claimed.order_id, claimed.created_at
         FROM idempotency_keys AS claimed
        WHERE claimed.tenant_id = call.tenant_id
          AND claimed.key = call.key
          AND claimed.order_id = call.id
       OFFSET 0) AS k
RETURNING o.id;

-- No row: the tenant has no such order.
--! find_orders : Order
SELECT call.place, o.id, o.tenant_id, o.status, o.version, o.total_cents, o.created_at, o.updated_at
  FROM (SELECT set_config('orders.tenant_ids', :rls_tenants, true) AS tenant_ids) AS rls
 CROSS JOIN unnest(:tenant_ids::text[], :ids::uuid[]) WITH ORDINALITY AS call (tenant_id, id, place)
 CROSS JOIN LATERAL (
       SELECT p.id, p.tenant_id, p.status, p.version, p.total_cents, p.created_at, p.updated_at
         FROM orders AS p
        WHERE rls.tenant_ids IS NOT NULL
          AND p.tenant_id = call.tenant_id
          AND p.id = call.id
       OFFSET 0) AS o;

-- The newest orders before a cursor, for each call. The row comparison is an index condition on orders_by_age.
--! list_orders : Order
SELECT call.place, o.id, o.tenant_id, o.status, o.version, o.total_cents, o.created_at, o.updated_at
  FROM (SELECT set_config('orders.tenant_ids', :rls_tenants, true) AS tenant_ids) AS rls
 CROSS JOIN unnest(:tenant_ids::text[], :created_ats::timestamptz[], :ids::uuid[], :row_limits::int[])
       WITH ORDINALITY AS call (tenant_id, created_at, id, row_limit, place)
 CROSS JOIN LATERAL (
       SELECT p.id, p.tenant_id, p.status, p.version, p.total_cents, p.created_at, p.updated_at
         FROM orders AS p
        WHERE rls.tenant_ids IS NOT NULL
          AND p.tenant_id = call.tenant_id
          AND (p.created_at, p.id) < (call.created_at, call.id)
        ORDER BY p.created_at DESC, p.id DESC
        LIMIT call.row_limit) AS o;

-- `versions` is a list like `1,3`; one call a row wins. No row: no such order, another version, or another state.
--! confirm_orders
UPDATE orders AS o
   SET status = :to_status, version = o.version + 1, total_cents = call.total_cents, updated_at = now()
  FROM unnest(:tenant_ids::text[], :ids::uuid[], :any_versions::bool[], :versions::text[], :totals::int[])
       WITH ORDINALITY AS call (tenant_id, id, any_version, versions, total_cents, place)
 WHERE o.tenant_id = call.tenant_id
   AND o.id = call.id
   AND o.status = :from_status
   AND (call.any_version OR o.version = ANY (string_to_array(call.versions, ',')::int[]))
RETURNING call.place, o.version;

-- As confirm_orders.
--! close_orders
UPDATE orders AS o
   SET status = :to_status, version = o.version + 1, updated_at = now()
  FROM unnest(:tenant_ids::text[], :ids::uuid[], :any_versions::bool[], :versions::text[])
       WITH ORDINALITY AS call (tenant_id, id, any_version, versions, place)
 WHERE o.tenant_id = call.tenant_id
   AND o.id = call.id
   AND o.status = :from_status
   AND (call.any_version OR o.version = ANY (string_to_array(call.versions, ',')::int[]))
RETURNING call.place, o.version, o.total_cents, o.updated_at;
