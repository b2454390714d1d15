-- Idempotency keys, many at a time: the n-th elements of the arrays are one call's. A key lives for one hour by the
-- database's clock; an older row is as good as none and is taken over in place, by one statement, so that two requests
-- can never both take it.
--
-- Look-ups are scalar subqueries or LATERAL with OFFSET 0, neither of which is planned as a join: a join may start from
-- the table when it was empty or nearly so, and would read all of it for as long as the plan is used.
--
-- What only reads is a transaction of its own, and enters its tenants itself (`rls_tenants`, for row-level security): the
-- look-ups depend on the result of set_config, so that it comes first however they are planned.

-- Claims each key for a new order and stores the answer with it. The server leaves the instant open in the responses
-- (`open_instant`), since only the database knows it. No row: the key is alive and another order's. A concurrent claim
-- waits here until the other has committed or rolled back. No key may come twice.
--! claim_keys
INSERT INTO idempotency_keys AS k (tenant_id, key, fingerprint, order_id, response_json, created_at)
SELECT call.tenant_id, call.key, call.fingerprint, call.id,
       replace(call.response, :open_instant,
               '"createdAt":"' || to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '"')::json,
       now()
  FROM unnest(:tenant_ids::text[], :keys::text[], :fingerprints::bytea[], :ids::uuid[], :responses::text[])
       AS call (tenant_id, key, fingerprint, id, response)
ON CONFLICT (tenant_id, key) DO UPDATE
   SET fingerprint = excluded.fingerprint,
       order_id = excluded.order_id,
       response_json = excluded.response_json,
       created_at = excluded.created_at
 WHERE k.tenant_id = excluded.tenant_id
   AND excluded.created_at - k.created_at >= interval '1 hour'
RETURNING k.order_id, k.response_json::text AS response;

-- What is stored under keys that are alive. No row: nothing is.
--! find_keys
SELECT call.place, k.order_id, k.fingerprint, k.response_json::text AS response
  FROM (SELECT set_config('orders.tenant_ids', :rls_tenants, true) AS tenant_ids) AS rls
 CROSS JOIN unnest(:tenant_ids::text[], :keys::text[]) WITH ORDINALITY AS call (tenant_id, key, place)
 CROSS JOIN LATERAL (
       SELECT held.order_id, held.fingerprint, held.response_json
         FROM idempotency_keys AS held
        WHERE rls.tenant_ids IS NOT NULL
          AND held.tenant_id = call.tenant_id
          AND held.key = call.key
          AND now() - held.created_at < interval '1 hour'
       OFFSET 0) AS k;

-- Keys that nobody can replay any more, and have not been able to for an hour.
--! find_expired_keys
SELECT k.tenant_id, k.key
  FROM idempotency_keys AS k
 WHERE k.created_at < now() - interval '2 hours'
 ORDER BY k.created_at
 LIMIT :row_limit;

-- No row for a call: the key is gone, or was taken again meanwhile. The age is no index condition on purpose: rows are
-- looked up by key.
--! purge_expired_keys
DELETE FROM idempotency_keys AS k
 USING unnest(:tenant_ids::text[], :keys::text[]) AS call (tenant_id, key)
 WHERE k.tenant_id = call.tenant_id
   AND k.key = call.key
   AND now() - k.created_at > interval '2 hours'
RETURNING k.key;
