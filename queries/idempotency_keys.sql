-- Idempotency keys. A key lives for one hour by the database's clock; an older row is as good as none and is taken over
-- in place, by one statement, so that two requests can never both take it.

-- Claims the key for a new order and stores the answer with it. The server leaves the instant open in `response`
-- (`open_instant`), since only the database knows it. Zero rows: the key is alive and another order's. A concurrent
-- claim waits here until the other has committed or rolled back.
--! claim_key
INSERT INTO idempotency_keys AS k (tenant_id, key, fingerprint, order_id, response_json, created_at)
VALUES (:tenant_id, :key, :fingerprint, :order_id,
        replace(:response, :open_instant,
                '"createdAt":"' || to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '"')::json,
        now())
ON CONFLICT (tenant_id, key) DO UPDATE
   SET fingerprint = excluded.fingerprint,
       order_id = excluded.order_id,
       response_json = excluded.response_json,
       created_at = excluded.created_at
 WHERE excluded.created_at - k.created_at >= interval '1 hour'
RETURNING k.order_id;

-- What is stored under a key after claim_key: this transaction's own answer or that of the order which holds the key.
-- One row, always.
--! find_key
SELECT order_id, fingerprint, response_json::text AS response
  FROM idempotency_keys
 WHERE tenant_id = :tenant_id
   AND key = :key;
