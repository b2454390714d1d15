-- Writes order and event in one statement, and so in one commit.
\set k :k + 1
\set n :k * :clients + :client_id
\set id 100000000000000 + :n
\set tenant :n % 16
WITH closed AS (
    UPDATE orders
       SET status = 'closed', version = version + 1, updated_at = now()
     WHERE tenant_id = :tenant AND id = ('0192f0c17a6e70008' || :id)::uuid AND status = 'confirmed'
    RETURNING tenant_id, id, updated_at)
INSERT INTO outbox (tenant_id, id, event_type, order_id, payload, created_at)
SELECT tenant_id, ('0192f0c17a6e70009' || :id)::uuid, 'orders.closed', id,
       '{"orderId":"0192f0c1-7a6e-7cc3-98a5-3d1f5c0b7e11","tenantId":"7","totalCents":1234,"closedAt":"2026-01-31T09:30:00.123456Z"}'::json,
       updated_at
  FROM closed
RETURNING id;
