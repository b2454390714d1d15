-- Statements that touch no table.

-- Asks the database for a sign of life. One row.
--! ping
SELECT true AS alive;
