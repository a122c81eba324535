"""Every SQL statement about all that is kept of an organization, in whichever tables the catalogue names."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql

Owner = psycopg.Connection[Any]
JOBS = "procrastinate_jobs"


def tables(owner: Owner) -> list[str]:
    """The tables with an org_id."""
    rows = owner.execute(
        "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
        "WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') "
        "AND NOT c.relispartition AND a.attname = 'org_id' AND NOT a.attisdropped ORDER BY c.relname"
    )
    return [name for (name,) in rows]


def references(owner: Owner) -> list[tuple[str, str]]:
    """Which table refers to which other one."""
    rows = owner.execute(
        "SELECT DISTINCT a.relname, b.relname FROM pg_constraint k JOIN pg_class a ON a.oid = k.conrelid "
        "JOIN pg_class b ON b.oid = k.confrelid WHERE k.contype = 'f' AND a.oid <> b.oid"
    )
    return [(source, target) for source, target in rows]


def key(owner: Owner, table: str) -> list[str]:
    """The columns of a table's primary key."""
    rows = owner.execute(
        "SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid "
        "AND a.attnum = ANY(i.indkey) WHERE i.indrelid = to_regclass(%s) AND i.indisprimary ORDER BY 1",
        (sql.Identifier("public", table).as_string(owner),),
    )
    return [name for (name,) in rows]


def rows(owner: Owner, table: str, org_id: UUID) -> Iterator[dict[str, Any]]:
    """The organization's rows of a table as JSON, read bit by bit. Within a transaction."""
    of = sql.SQL("id") if table == "organizations" else sql.SQL("org_id")
    query = sql.SQL("SELECT to_jsonb(t) FROM {} t WHERE t.{} = %s").format(sql.Identifier(table), of)
    with owner.cursor("export") as cursor:
        yield from (row[0] for row in cursor.execute(query, (org_id,)))


def jobs(owner: Owner, org_id: UUID) -> Iterator[dict[str, Any]]:
    """The jobs that are about the organization. Within a transaction."""
    query = "SELECT to_jsonb(j) FROM procrastinate_jobs j WHERE position(%s IN j.args::text) > 0"
    with owner.cursor("export") as cursor:
        yield from (row[0] for row in cursor.execute(query, (str(org_id),)))


def count(owner: Owner, table: str, org_id: UUID) -> int:
    """How many rows of a table are the organization's."""
    query = sql.SQL("SELECT count(*) FROM {} WHERE org_id = %s").format(sql.Identifier(table))
    row = owner.execute(query, (org_id,)).fetchone()
    return int(row[0]) if row else 0


def count_jobs(owner: Owner, org_id: UUID) -> int:
    """How many jobs are about the organization."""
    row = owner.execute(
        "SELECT count(*) FROM procrastinate_jobs WHERE position(%s IN args::text) > 0", (str(org_id),)
    ).fetchone()
    return int(row[0]) if row else 0


def delete_some(owner: Owner, table: str, columns: Sequence[str], org_id: UUID, most: int) -> int:
    """Delete at most so many of the organization's rows; how many it were."""
    query = sql.SQL(
        "DELETE FROM {table} WHERE org_id = %(org)s AND ({key}) IN "
        "(SELECT {key} FROM {table} WHERE org_id = %(org)s LIMIT %(most)s)"
    ).format(table=sql.Identifier(table), key=sql.SQL(", ").join(map(sql.Identifier, columns)))
    return owner.execute(query, {"org": org_id, "most": most}).rowcount


def delete_some_jobs(owner: Owner, org_id: UUID, most: int) -> int:
    """Delete at most so many of the jobs that are about the organization; how many it were."""
    return owner.execute(
        "DELETE FROM procrastinate_jobs WHERE id IN "
        "(SELECT id FROM procrastinate_jobs WHERE position(%s IN args::text) > 0 LIMIT %s)",
        (str(org_id), most),
    ).rowcount


def delete_organization(owner: Owner, org_id: UUID) -> None:
    """Delete the organization itself; what it still has in other tables goes along where that is allowed."""
    owner.execute("DELETE FROM organizations WHERE id = %s", (org_id,))
