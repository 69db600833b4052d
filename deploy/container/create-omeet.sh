#!/bin/bash
# Run once by the postgres image, on an empty volume: a role and a database of omeet's own, which Odoo does not see. `omeet backup --drill` makes
# a database and drops it again.
set -e
psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" -v password="$OMEET_POSTGRES_PASSWORD" <<'SQL'
create role omeet login createdb password :'password';
create database omeet owner omeet;
SQL
