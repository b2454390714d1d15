-- A traceparent has 55 bytes. Later versions of W3C Trace Context may append fields of any length,
-- which receivers refuse.
UPDATE outbox SET trace_parent = CASE WHEN octet_length(trace_parent) > 55 THEN left(trace_parent, 55) END
 WHERE octet_length(trace_parent) <> 55;

ALTER TABLE outbox ADD CONSTRAINT trace_parent_has_55_bytes CHECK (octet_length(trace_parent) = 55);
