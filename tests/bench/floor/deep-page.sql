-- The page after the 9,990th newest order of the tenant.
\set tenant random(0, 15)
\set n :rows - 16 * 9990 + :tenant
\set id 100000000000000 + :n
SELECT id, tenant_id, status, version, total_cents, created_at, updated_at
  FROM orders
 WHERE tenant_id = :tenant
   AND (created_at, id) < (to_timestamp(1735689600 + :n / 1000.0), ('0192f0c17a6e70008' || :id)::uuid)
 ORDER BY created_at DESC, id DESC
 LIMIT 11;
