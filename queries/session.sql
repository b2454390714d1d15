-- Statements that read no table.

-- Tests the connection. One row.
--! ping
SELECT true AS alive;
