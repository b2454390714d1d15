\set tenant random(0, 15)
SELECT id, tenant_id, status, version, total_cents, created_at, updated_at
  FROM orders
 WHERE tenant_id = :tenant
 ORDER BY created_at DESC, id DESC
 LIMIT 11;
