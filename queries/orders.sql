-- Orders, many at a time: the n-th elements of the arrays belong to the n-th request. On LATERAL,
-- OFFSET 0 and `rls_tenants` see idempotency_keys.sql.

--: Order(total_cents?)

-- Inserts a draft for each key that this transaction has just claimed, created when the key was.
-- No row: the key belongs to another order.
--! insert_orders
INSERT INTO orders AS o (tenant_id, id, status, version, created_at, updated_at)
SELECT k.tenant_id, k.order_id, :status, :version, k.created_at, k.created_at
  FROM unnest(:tenant_ids::text[], :keys::text[], :ids::uuid[]) AS request (tenant_id, key, id)
 CROSS JOIN LATERAL (
       SELECT claimed.tenant_id, claimed.order_id, claimed.created_at
         FROM idempotency_keys AS claimed
        WHERE claimed.tenant_id = request.tenant_id
          AND claimed.key = request.key
          AND claimed.order_id = request.id
       OFFSET 0) AS k
RETURNING o.id;

-- Orders by id. No row: the tenant has no such order.
--! find_orders : Order
SELECT request.place, o.id, o.tenant_id, o.status, o.version, o.total_cents, o.created_at, o.updated_at
  FROM (SELECT set_config('orders.tenant_ids', :rls_tenants, true) AS tenant_ids) AS rls
 CROSS JOIN unnest(:tenant_ids::text[], :ids::uuid[]) WITH ORDINALITY AS request (tenant_id, id, place)
 CROSS JOIN LATERAL (
       SELECT p.id, p.tenant_id, p.status, p.version, p.total_cents, p.created_at, p.updated_at
         FROM orders AS p
        WHERE rls.tenant_ids IS NOT NULL
          AND p.tenant_id = request.tenant_id
          AND p.id = request.id
       OFFSET 0) AS o;

-- The newest orders behind a cursor, up to `row_limit` a request. The row comparison is an index
-- condition on orders_by_age.
--! list_orders : Order
SELECT request.place, o.id, o.tenant_id, o.status, o.version, o.total_cents, o.created_at, o.updated_at
  FROM (SELECT set_config('orders.tenant_ids', :rls_tenants, true) AS tenant_ids) AS rls
 CROSS JOIN unnest(:tenant_ids::text[], :created_ats::timestamptz[], :ids::uuid[], :row_limits::int[])
       WITH ORDINALITY AS request (tenant_id, created_at, id, row_limit, place)
 CROSS JOIN LATERAL (
       SELECT p.id, p.tenant_id, p.status, p.version, p.total_cents, p.created_at, p.updated_at
         FROM orders AS p
        WHERE rls.tenant_ids IS NOT NULL
          AND p.tenant_id = request.tenant_id
          AND (p.created_at, p.id) < (request.created_at, request.id)
        ORDER BY p.created_at DESC, p.id DESC
        LIMIT request.row_limit) AS o;

-- The guarded write of every transition. `versions` is a list such as `1,3`; a total of NULL keeps
-- the order's total. Of several requests for one order, one succeeds. No row: the guard failed,
-- because the tenant has no such order, or it has another version or another status. The caller
-- rereads the order to say which.
--! transition_orders (total_cents[?]) : Order
UPDATE orders AS o
   SET status = :to_status,
       version = o.version + 1,
       total_cents = coalesce(request.total_cents, o.total_cents),
       updated_at = now()
  FROM unnest(:tenant_ids::text[], :ids::uuid[], :any_versions::bool[], :versions::text[], :total_cents::int[])
       WITH ORDINALITY AS request (tenant_id, id, any_version, versions, total_cents, place)
 WHERE o.tenant_id = request.tenant_id
   AND o.id = request.id
   AND o.status = :from_status
   AND (request.any_version OR o.version = ANY (string_to_array(request.versions, ',')::int[]))
RETURNING request.place, o.id, o.tenant_id, o.status, o.version, o.total_cents, o.created_at, o.updated_at;
