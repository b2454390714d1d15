-- Events: written in the transaction of the change they announce, published by the relay, purged.
--
-- An event waits (neither published nor parked), is parked, or is published. Who wants to publish it moves `due_at`
-- into the future, and so holds a lease on it by the database's clock; nobody holds a lock meanwhile.

--: Claimed(trace_parent?)
--: Unpublished(parked_at?, last_error?)

-- Appends events. One row a request; a unique constraint refuses a second event of one type for an
-- order.
--! insert_events (trace_parents[?])
INSERT INTO outbox AS e (tenant_id, id, event_type, order_id, payload, created_at, trace_parent)
SELECT call.tenant_id, call.id, call.event_type, call.order_id, call.payload::json, call.created_at,
       call.trace_parent
  FROM unnest(:tenant_ids::text[], :ids::uuid[], :event_types::text[], :order_ids::uuid[],
              :payloads::text[], :created_ats::timestamptz[], :trace_parents::text[])
       AS call (tenant_id, id, event_type, order_id, payload, created_at, trace_parent)
RETURNING e.id;

-- Tenants of whom something waits, how much, since when, and whether some of it is due.
--! find_waiting
SELECT e.tenant_id, count(*) AS waiting, bool_or(e.due_at <= now()) AS due,
       extract(epoch FROM now() - min(e.created_at))::float8 AS age
  FROM outbox AS e
 WHERE e.published_at IS NULL
   AND e.parked_at IS NULL
 GROUP BY e.tenant_id;

-- One row.
--! count_parked
SELECT count(*) AS parked
  FROM outbox AS e
 WHERE e.parked_at IS NOT NULL;

-- Leases what is due behind a place in the tenant's events, oldest first; but of each order only the first that is not
-- published, even if that one is parked. Fewer rows than the limit: there is nothing more behind.
--! claim_events : Claimed
UPDATE outbox AS e
   SET due_at = now() + make_interval(secs => :lease)
 WHERE e.tenant_id = :tenant_id
   -- An array, which is made once; a subquery in a join may be run again, and would claim again.
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
RETURNING e.id, e.event_type, e.order_id, e.created_at, e.payload::text AS payload, e.trace_parent, e.attempts,
          e.due_at AS lease;

-- Delivered is delivered, whatever has become of the lease. No row for a call: it was marked before.
--! mark_published
UPDATE outbox AS e
   SET published_at = now(), parked_at = NULL
  FROM unnest(:tenant_ids::text[], :ids::uuid[]) AS call (tenant_id, id)
 WHERE e.tenant_id = call.tenant_id
   AND e.id = call.id
   AND e.published_at IS NULL
RETURNING e.id;

-- Counts attempts that failed, and parks the events or lets them wait for some seconds. No row for a call: the lease is
-- over, and the event another's.
--! record_failures
UPDATE outbox AS e
   SET attempts = e.attempts + 1,
       last_error = call.error,
       due_at = now() + make_interval(secs => call.pause),
       parked_at = CASE WHEN call.park THEN now() END
  FROM unnest(:tenant_ids::text[], :ids::uuid[], :leases::timestamptz[], :errors::text[], :pauses::float8[],
              :parks::bool[])
       AS call (tenant_id, id, lease, error, pause, park)
 WHERE e.tenant_id = call.tenant_id
   AND e.id = call.id
   AND e.due_at = call.lease
   AND e.published_at IS NULL
RETURNING e.id;

-- Ends leases. No row for a call: it had ended.
--! give_back
UPDATE outbox AS e
   SET due_at = now()
  FROM unnest(:tenant_ids::text[], :ids::uuid[], :leases::timestamptz[]) AS call (tenant_id, id, lease)
 WHERE e.tenant_id = call.tenant_id
   AND e.id = call.id
   AND e.due_at = call.lease
   AND e.published_at IS NULL
RETURNING e.id;

-- What waits, tenant by tenant, oldest first.
--! list_waiting : Unpublished
SELECT e.tenant_id, e.id, e.event_type, e.order_id, e.created_at, e.attempts, e.parked_at, e.last_error
  FROM outbox AS e
 WHERE e.published_at IS NULL
   AND e.parked_at IS NULL
 ORDER BY e.tenant_id, e.created_at, e.id
 LIMIT :row_limit;

-- What is parked, longest first.
--! list_parked : Unpublished
SELECT e.tenant_id, e.id, e.event_type, e.order_id, e.created_at, e.attempts, e.parked_at, e.last_error
  FROM outbox AS e
 WHERE e.parked_at IS NOT NULL
 ORDER BY e.parked_at, e.id
 LIMIT :row_limit;

-- Whose parked events these are. No row: it is not parked.
--! find_parked
SELECT e.tenant_id, e.id
  FROM outbox AS e
 WHERE e.parked_at IS NOT NULL
   AND e.id = ANY (:ids::uuid[]);

-- Lets parked events wait again, as if they had never been tried. No row for a call: it is not parked.
--! retry_parked
UPDATE outbox AS e
   SET parked_at = NULL, attempts = 0, due_at = now()
  FROM unnest(:tenant_ids::text[], :ids::uuid[]) AS call (tenant_id, id)
 WHERE e.tenant_id = call.tenant_id
   AND e.id = call.id
   AND e.parked_at IS NOT NULL
RETURNING e.id;

-- What was published longer ago than the retention, in seconds.
--! find_published
SELECT e.tenant_id, e.id
  FROM outbox AS e
 WHERE e.published_at < now() - make_interval(secs => :retention)
 ORDER BY e.published_at
 LIMIT :row_limit;

-- No row for a call: another has purged it.
--! purge_published
DELETE FROM outbox AS e
 USING unnest(:tenant_ids::text[], :ids::uuid[]) AS call (tenant_id, id)
 WHERE e.tenant_id = call.tenant_id
   AND e.id = call.id
   AND e.published_at IS NOT NULL
RETURNING e.id;
