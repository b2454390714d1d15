-- Statements that touch no table.

-- Names the tenant of the current transaction for row-level security. One row.
--! enter_tenant
SELECT set_config('orders.tenant_id', :tenant_id, true) AS tenant_id;

-- Asks the database for a sign of life. One row.
--! ping
SELECT true AS alive;
