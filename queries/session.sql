-- Statements that touch no table.

-- Names the tenants of the current transaction, separated by commas, for row-level security, and how long its statements
-- wait for a lock. One row.
--! enter_tenants
SELECT set_config('orders.tenant_ids', :tenant_ids, true) AS tenant_ids,
       set_config('lock_timeout', :lock_timeout, true) AS lock_timeout;

-- Asks the database for a sign of life. One row.
--! ping
SELECT true AS alive;
