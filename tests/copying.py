"""Copies of one organization: what the operations made once, again under other ids, in one statement.

Most tests want a fresh organization with the same things in it, and making them takes two hundred statements.
"""

import hashlib
from typing import Any
from uuid import UUID

import psycopg

_COPY = """
CREATE FUNCTION pg_temp.copy_organization(old uuid, new uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    tenant_table name;
    columns text;
    copied text;
BEGIN
    FOR tenant_table, columns, copied IN
        SELECT c.relname, string_agg(quote_ident(a.attname), ', '), string_agg(
            CASE WHEN a.attname = 'org_id' THEN quote_literal(new)
                 WHEN a.atttypid = 'uuid'::regtype THEN format('md5(%L || %I::text)::uuid', new, a.attname)
                 ELSE quote_ident(a.attname) END, ', ')
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0
          AND NOT a.attisdropped AND a.attgenerated = '' AND a.attidentity = ''
          AND c.relname NOT LIKE 'audit%' AND c.relname NOT LIKE '%\\_keys'
          AND EXISTS (SELECT FROM pg_attribute o WHERE o.attrelid = c.oid AND o.attname = 'org_id')
        GROUP BY c.relname
    LOOP
        EXECUTE format('DELETE FROM %I WHERE org_id = %L', tenant_table, new);
        EXECUTE format('INSERT INTO %I (%s) SELECT %s FROM %I WHERE org_id = %L',
                       tenant_table, columns, copied, tenant_table, old);
    END LOOP;
END $$
"""


def copy(owner: psycopg.Connection[Any], old: UUID, new: UUID) -> None:
    """Put into a new organization what is in an old one; ids become `copied_id`."""
    owner.execute("SET session_replication_role = replica")  # in any order, and not as news
    owner.execute(_COPY)
    owner.execute("SELECT pg_temp.copy_organization(%s, %s)", (old, new))
    owner.execute("RESET session_replication_role")


def copied_id(new: UUID, id_: UUID) -> UUID:
    """The id in a copy of what has this id in the pattern."""
    return UUID(hashlib.md5(f"{new}{id_}".encode()).hexdigest())
