-- Idempotency keys, many at a time: the n-th elements of the arrays belong to the n-th request.
--
-- A key is alive for `key_lifetime` seconds by the database's clock. An expired key counts as free:
-- claim_keys takes its row over in place, in one statement, so that two requests can never both
-- take it.
--
-- Look-ups use LATERAL with OFFSET 0, which PostgreSQL never plans as a join. A join planned while
-- the table was small would start from the table, and read all of it on each later execution.
--
-- A statement that only reads is its own transaction and sets `orders.tenant_ids` itself, from
-- `rls_tenants`. Its look-up depends on the result of set_config, so that row-level security sees
-- the tenants in every plan.

--: FoundKey(order_id?, fingerprint?, response?)

-- The response stored under each key that is alive, and the time of this look-up. One row a
-- request; its last three columns are NULL if the key is free.
--! find_keys : FoundKey
SELECT request.place, now() AS now, k.order_id, k.fingerprint, k.response
  FROM (SELECT set_config('orders.tenant_ids', :rls_tenants, true) AS tenant_ids) AS rls
 CROSS JOIN unnest(:tenant_ids::text[], :keys::text[]) WITH ORDINALITY AS request (tenant_id, key, place)
  LEFT JOIN LATERAL (
       SELECT held.order_id, held.fingerprint, held.response_json::text AS response
         FROM idempotency_keys AS held
        WHERE rls.tenant_ids IS NOT NULL
          AND held.tenant_id = request.tenant_id
          AND held.key = request.key
          AND now() - held.created_at < :key_lifetime * interval '1 second'
       OFFSET 0) AS k ON true;

-- Claims each key for a new order, and stores the response with it. No row: the key is alive and
-- belongs to another order. If another transaction is claiming the same key, the statement waits
-- for its end. No key may occur twice.
--! claim_keys
INSERT INTO idempotency_keys AS k (tenant_id, key, fingerprint, order_id, response_json, created_at)
SELECT request.tenant_id, request.key, request.fingerprint, request.id, request.response::json, :created_at
  FROM unnest(:tenant_ids::text[], :keys::text[], :fingerprints::bytea[], :ids::uuid[], :responses::text[])
       AS request (tenant_id, key, fingerprint, id, response)
ON CONFLICT (tenant_id, key) DO UPDATE
   SET fingerprint = excluded.fingerprint,
       order_id = excluded.order_id,
       response_json = excluded.response_json,
       created_at = excluded.created_at
 WHERE k.tenant_id = excluded.tenant_id
   AND excluded.created_at - k.created_at >= :key_lifetime * interval '1 second'
RETURNING k.order_id;

-- Keys that are older than `max_age` seconds, oldest first.
--! find_expired_keys
SELECT k.tenant_id, k.key
  FROM idempotency_keys AS k
 WHERE k.created_at < now() - :max_age * interval '1 second'
 ORDER BY k.created_at
 LIMIT :row_limit;

-- Deletes expired keys. No row for a request: the key was deleted, or claimed again, in the
-- meantime. The comparison of ages is deliberately no index condition: rows are looked up by key.
--! purge_expired_keys
DELETE FROM idempotency_keys AS k
 USING unnest(:tenant_ids::text[], :keys::text[]) AS request (tenant_id, key)
 WHERE k.tenant_id = request.tenant_id
   AND k.key = request.key
   AND now() - k.created_at > :max_age * interval '1 second'
RETURNING k.key;
