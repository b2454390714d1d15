\set n random(0, :rows - 1)
\set id 100000000000000 + :n
\set tenant :n % 16
SELECT id, tenant_id, status, version, total_cents, created_at, updated_at
  FROM orders
 WHERE tenant_id = :tenant AND id = ('0192f0c17a6e70008' || :id)::uuid;
