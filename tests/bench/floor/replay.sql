\set n random(0, :rows - 1)
\set tenant :n % 16
SELECT order_id, fingerprint, response_json::text
  FROM idempotency_keys
 WHERE tenant_id = :tenant AND key = :n;
