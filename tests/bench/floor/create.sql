-- Writes key and order in one statement, and so in one commit.
\set k :k + 1
\set n :first + :k * :clients + :client_id
\set id 100000000000000 + :n
\set tenant :n % 16
WITH claimed AS (
    INSERT INTO idempotency_keys (tenant_id, key, fingerprint, order_id, response_json, created_at)
    VALUES (:tenant, :id, '\x9b74c9897bac770ffc029102a200c5de9b74c9897bac770ffc029102a200c5de'::bytea,
            ('0192f0c17a6e70008' || :id)::uuid,
            '{"id":"0192f0c1-7a6e-7cc3-98a5-3d1f5c0b7e11","tenantId":"7","status":"draft","version":1,"createdAt":"2026-01-31T09:30:00.123456Z"}'::json,
            now())
    ON CONFLICT (tenant_id, key) DO NOTHING
    RETURNING tenant_id, order_id, created_at)
INSERT INTO orders (tenant_id, id, status, version, created_at, updated_at)
SELECT tenant_id, order_id, 'draft', 1, created_at, created_at FROM claimed
RETURNING id, created_at;
