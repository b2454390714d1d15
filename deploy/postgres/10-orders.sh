#!/usr/bin/env bash
# Creates the role and the database of the service. The PostgreSQL image runs this script once, in an empty volume.
#
# The role owns its database and is neither superuser nor BYPASSRLS, because PostgreSQL exempts such roles from
# row-level security, which is the second check that keeps tenants apart.
set -euo pipefail

: "${DATABASE_PASSWORD:?is the password of the role orders}"

# The shell passes the password as a variable of psql, which quotes it. It is not part of the text of a statement here.
psql --no-psqlrc --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres \
    --set password="$DATABASE_PASSWORD" <<'SQL'
SET log_statement = 'none';
SET log_min_error_statement = 'panic';
CREATE ROLE orders LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD :'password';
CREATE DATABASE orders OWNER orders;
REVOKE ALL ON DATABASE orders FROM PUBLIC;
REVOKE CONNECT ON DATABASE postgres FROM PUBLIC;
SQL
