-- The outbox. An event is appended in the transaction of the change that it announces, published by
-- a relay, and purged.
--
-- An event is waiting (neither published nor parked), parked, or published. A relay that claims an
-- event moves `due_at` into the future: a lease by the database's clock. No lock is held while the
-- event is published.

--: Claimed(trace_parent?)
--: Stored(published_at?, parked_at?, last_error?)

-- Appends events. One row a request; a unique constraint refuses a second event of one type for an
-- order.
--! insert_events (trace_parents[?])
INSERT INTO outbox AS e (tenant_id, id, event_type, order_id, payload, created_at, trace_parent)
SELECT request.tenant_id, request.id, request.event_type, request.order_id, request.payload::json,
       request.created_at, request.trace_parent
  FROM unnest(:tenant_ids::text[], :ids::uuid[], :event_types::text[], :order_ids::uuid[],
              :payloads::text[], :created_ats::timestamptz[], :trace_parents::text[])
       AS request (tenant_id, id, event_type, order_id, payload, created_at, trace_parent)
RETURNING e.id;

-- Tenants with waiting events behind a tenant, in order, with the age of the oldest event in
-- seconds. Skips from tenant to tenant through the index: one event of each is read, however many
-- wait.
--! find_waiting
WITH RECURSIVE waiting AS (
    (SELECT e.tenant_id, e.created_at
       FROM outbox AS e
      WHERE e.published_at IS NULL
        AND e.parked_at IS NULL
        AND e.tenant_id > :after
      ORDER BY e.tenant_id, e.created_at, e.id
      LIMIT 1)
    UNION ALL
    SELECT next.tenant_id, next.created_at
      FROM waiting AS w
     CROSS JOIN LATERAL (
           SELECT e.tenant_id, e.created_at
             FROM outbox AS e
            WHERE e.published_at IS NULL
              AND e.parked_at IS NULL
              AND e.tenant_id > w.tenant_id
            ORDER BY e.tenant_id, e.created_at, e.id
            LIMIT 1) AS next)
SELECT w.tenant_id, extract(epoch FROM now() - w.created_at)::float8 AS age
  FROM waiting AS w
 LIMIT :row_limit;

-- The numbers of waiting and of parked events: always one row. Exact up to 10,000; beyond, the
-- estimate of the last VACUUM or ANALYZE.
--! count_backlog
SELECT (SELECT CASE WHEN counted.n < 10000 THEN counted.n
                    ELSE greatest(counted.n, estimated.reltuples::bigint) END
          FROM (SELECT count(*) AS n
                  FROM (SELECT
                          FROM outbox AS e
                         WHERE e.published_at IS NULL
                           AND e.parked_at IS NULL
                         LIMIT 10000) AS first) AS counted,
               pg_class AS estimated
         WHERE estimated.oid = 'outbox_waiting'::regclass) AS waiting,
       (SELECT CASE WHEN counted.n < 10000 THEN counted.n
                    ELSE greatest(counted.n, estimated.reltuples::bigint) END
          FROM (SELECT count(*) AS n
                  FROM (SELECT
                          FROM outbox AS e
                         WHERE e.parked_at IS NOT NULL
                         LIMIT 10000) AS first) AS counted,
               pg_class AS estimated
         WHERE estimated.oid = 'outbox_parked'::regclass) AS parked;

-- Leases the tenant's due events behind a keyset position, oldest first. Of each order only the
-- oldest unpublished event can be claimed; if it is parked, none. Fewer rows than the limit mean
-- that no claimable event is left behind the position. Rows locked by another transaction are
-- skipped.
--! claim_events : Claimed
UPDATE outbox AS e
   SET due_at = now() + make_interval(secs => :lease)
 WHERE e.tenant_id = :tenant_id
   -- An array is computed once. A subquery in a join may run again, and would then claim more
   -- events.
   AND e.id = ANY (ARRAY(
       SELECT w.id
         FROM outbox AS w
        WHERE w.tenant_id = :tenant_id
          AND w.published_at IS NULL
          AND w.parked_at IS NULL
          AND (w.created_at, w.id) > (:after_created_at, :after_id)
          AND w.due_at <= now()
          AND NOT EXISTS (
              SELECT FROM outbox AS earlier
               WHERE earlier.tenant_id = w.tenant_id
                 AND earlier.order_id = w.order_id
                 AND earlier.published_at IS NULL
                 AND (earlier.created_at, earlier.id) < (w.created_at, w.id))
        ORDER BY w.created_at, w.id
        LIMIT :row_limit
          FOR UPDATE SKIP LOCKED))
RETURNING e.id, e.event_type, e.order_id, e.created_at, e.payload::text AS payload,
          e.trace_parent, e.attempts, e.due_at AS lease;

-- Marks events as published, even if the lease has ended. No row: the event was marked before.
--! mark_published
UPDATE outbox AS e
   SET published_at = now(), parked_at = NULL
  FROM unnest(:tenant_ids::text[], :ids::uuid[]) AS request (tenant_id, id)
 WHERE e.tenant_id = request.tenant_id
   AND e.id = request.id
   AND e.published_at IS NULL
RETURNING e.created_at, e.published_at;

-- Counts a failed attempt of each event, and parks it or delays it by some seconds. No row: the
-- lease has ended, and another relay may have claimed the event.
--! record_failures
UPDATE outbox AS e
   SET attempts = e.attempts + 1,
       last_error = request.error,
       due_at = now() + make_interval(secs => request.delay),
       parked_at = CASE WHEN request.park THEN now() END
  FROM unnest(:tenant_ids::text[], :ids::uuid[], :leases::timestamptz[], :errors::text[],
              :delays::float8[], :parks::bool[])
       AS request (tenant_id, id, lease, error, delay, park)
 WHERE e.tenant_id = request.tenant_id
   AND e.id = request.id
   AND e.due_at = request.lease
   AND e.published_at IS NULL
RETURNING e.id;

-- Ends leases, so that the events are due again after some seconds. No row: the lease had ended
-- already.
--! release_leases
UPDATE outbox AS e
   SET due_at = now() + make_interval(secs => request.delay)
  FROM unnest(:tenant_ids::text[], :ids::uuid[], :leases::timestamptz[], :delays::float8[])
       AS request (tenant_id, id, lease, delay)
 WHERE e.tenant_id = request.tenant_id
   AND e.id = request.id
   AND e.due_at = request.lease
   AND e.published_at IS NULL
RETURNING e.id;

-- Events of all tenants behind a position, by tenant and id.
--! list_events : Stored
SELECT e.tenant_id, e.id, e.event_type, e.order_id, e.created_at,
       greatest(e.due_at, e.created_at) AS due_at, e.due_at > now() AS is_leased, e.attempts,
       e.published_at, e.parked_at, e.last_error
  FROM outbox AS e
 WHERE (e.tenant_id, e.id) > (:after_tenant_id, :after_id)
 ORDER BY e.tenant_id, e.id
 LIMIT :row_limit;

-- Events of all tenants that are neither published nor parked, behind a position: by tenant, the
-- oldest first.
--! list_waiting : Stored
SELECT e.tenant_id, e.id, e.event_type, e.order_id, e.created_at,
       greatest(e.due_at, e.created_at) AS due_at, e.due_at > now() AS is_leased, e.attempts,
       e.published_at, e.parked_at, e.last_error
  FROM outbox AS e
 WHERE e.published_at IS NULL
   AND e.parked_at IS NULL
   AND (e.tenant_id, e.created_at, e.id) > (:after_tenant_id, :after_created_at, :after_id)
 ORDER BY e.tenant_id, e.created_at, e.id
 LIMIT :row_limit;

-- Parked events of all tenants behind a position, the longest parked first.
--! list_parked : Stored
SELECT e.tenant_id, e.id, e.event_type, e.order_id, e.created_at,
       greatest(e.due_at, e.created_at) AS due_at, e.due_at > now() AS is_leased, e.attempts,
       e.published_at, e.parked_at, e.last_error
  FROM outbox AS e
 WHERE e.parked_at IS NOT NULL
   AND (e.parked_at, e.id) > (:after_parked_at, :after_id)
 ORDER BY e.parked_at, e.id
 LIMIT :row_limit;

-- Published events of all tenants before a position, the latest first. Events of one completion
-- share `published_at`; the index finds them, and they are sorted by id.
--! list_published : Stored
SELECT e.tenant_id, e.id, e.event_type, e.order_id, e.created_at,
       greatest(e.due_at, e.created_at) AS due_at, e.due_at > now() AS is_leased, e.attempts,
       e.published_at, e.parked_at, e.last_error
  FROM outbox AS e
 WHERE e.published_at IS NOT NULL
   AND (e.published_at, e.id) < (:before_published_at, :before_id)
 ORDER BY e.published_at DESC, e.id DESC
 LIMIT :row_limit;

-- Events of an order behind a position, oldest first. An order has one event of each type.
--! list_events_of_order : Stored
SELECT e.tenant_id, e.id, e.event_type, e.order_id, e.created_at,
       greatest(e.due_at, e.created_at) AS due_at, e.due_at > now() AS is_leased, e.attempts,
       e.published_at, e.parked_at, e.last_error
  FROM outbox AS e
 WHERE e.tenant_id = :tenant_id
   AND e.order_id = :order_id
   AND (e.created_at, e.id) > (:after_created_at, :after_id)
 ORDER BY e.created_at, e.id
 LIMIT :row_limit;

-- An event, locked. No row: the tenant has no such event.
--! lock_event : Stored
SELECT e.tenant_id, e.id, e.event_type, e.order_id, e.created_at,
       greatest(e.due_at, e.created_at) AS due_at, e.due_at > now() AS is_leased, e.attempts,
       e.published_at, e.parked_at, e.last_error
  FROM outbox AS e
 WHERE e.tenant_id = :tenant_id
   AND e.id = :id
   FOR UPDATE;

-- Makes parked events due again, with all their attempts. No row: the event is not parked.
--! retry_parked : Stored
UPDATE outbox AS e
   SET parked_at = NULL, attempts = 0, due_at = now()
  FROM unnest(:tenant_ids::text[], :ids::uuid[]) AS request (tenant_id, id)
 WHERE e.tenant_id = request.tenant_id
   AND e.id = request.id
   AND e.parked_at IS NOT NULL
RETURNING e.tenant_id, e.id, e.event_type, e.order_id, e.created_at, e.due_at,
          false AS is_leased, e.attempts, e.published_at, e.parked_at, e.last_error;

-- Events that were published longer ago than the retention, in seconds.
--! find_published
SELECT e.tenant_id, e.id
  FROM outbox AS e
 WHERE e.published_at < now() - make_interval(secs => :retention)
 ORDER BY e.published_at
 LIMIT :row_limit;

-- Deletes published events. No row: another process has deleted the event.
--! purge_published
DELETE FROM outbox AS e
 USING unnest(:tenant_ids::text[], :ids::uuid[]) AS request (tenant_id, id)
 WHERE e.tenant_id = request.tenant_id
   AND e.id = request.id
   AND e.published_at IS NOT NULL
RETURNING e.id;
