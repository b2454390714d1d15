-- Orders. Guards arrive as parameters, from core's transitions: zero rows means that a guard did not hold, and the
-- caller rereads the order to say which.

--: Order(total_cents?)

-- Inserts the draft for which this transaction has just claimed a key, and takes its instant from the key: one clock,
-- one instant. Zero rows: the key belongs to another order.
--! insert_order
INSERT INTO orders AS o (tenant_id, id, status, version, created_at, updated_at)
SELECT k.tenant_id, k.order_id, :status, :version, k.created_at, k.created_at
  FROM idempotency_keys AS k
 WHERE k.tenant_id = :tenant_id
   AND k.key = :key
   AND k.order_id = :id
RETURNING o.id;

-- Zero rows: the tenant has no such order.
--! find_order : Order
SELECT id, tenant_id, status, version, total_cents, created_at, updated_at
  FROM orders
 WHERE tenant_id = :tenant_id
   AND id = :id;

-- The newest orders. A statement of its own, because one with an optional cursor is planned as a full scan.
--! first_page : Order
SELECT id, tenant_id, status, version, total_cents, created_at, updated_at
  FROM orders
 WHERE tenant_id = :tenant_id
 ORDER BY created_at DESC, id DESC
 LIMIT :row_limit;

-- The newest orders before a cursor. The row comparison is an index condition on orders_by_age.
--! next_page : Order
SELECT id, tenant_id, status, version, total_cents, created_at, updated_at
  FROM orders
 WHERE tenant_id = :tenant_id
   AND (created_at, id) < (:created_at, :id)
 ORDER BY created_at DESC, id DESC
 LIMIT :row_limit;

-- Zero rows: no such order, another version, or another state.
--! confirm_order
UPDATE orders
   SET status = :to_status, version = version + 1, total_cents = :total_cents, updated_at = now()
 WHERE tenant_id = :tenant_id
   AND id = :id
   AND status = :from_status
   AND (:any_version OR version = ANY (:versions))
RETURNING version;

-- Zero rows: no such order, another version, or another state.
--! close_order
UPDATE orders
   SET status = :to_status, version = version + 1, updated_at = now()
 WHERE tenant_id = :tenant_id
   AND id = :id
   AND status = :from_status
   AND (:any_version OR version = ANY (:versions))
RETURNING version, total_cents, updated_at;
