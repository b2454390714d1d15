\set k :k + 1
\set n :k * :clients + :client_id
\set id 100000000000000 + :n
\set tenant :n % 16
UPDATE orders
   SET status = 'confirmed', version = version + 1, total_cents = 1234, updated_at = now()
 WHERE tenant_id = :tenant AND id = ('0192f0c17a6e70008' || :id)::uuid AND status = 'draft' AND version = 1
RETURNING version;
