"""Brings a database to the present schema: roles, our SQL files in order, the job queue's own schema."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
from procrastinate.schema import SchemaManager
from psycopg import sql

from infra24.db import ACCOUNTS_ROLE, APP_ROLE, SWEEP_ROLE

SCHEMA = Path(__file__).parent / "schema"
QUEUE = "procrastinate"
_LOCK = 7_242_024


def migrate(url: str, tell: Callable[[str], None] = lambda _: None) -> list[str]:
    """Apply what is missing, each file in one transaction; the names applied.

    `url` is the owner's: it may create roles and tables. Two processes that migrate at once wait for
    each other.
    """
    applied: list[str] = []
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
        _make_roles(connection)
        connection.execute(
            "CREATE TABLE IF NOT EXISTS migrations "
            "(name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())"
        )
        done = {name for (name,) in connection.execute("SELECT name FROM migrations").fetchall()}
        for name, script in _scripts():
            if name in done:
                continue
            tell(name)
            with connection.transaction():
                connection.execute(script.encode())
                connection.execute("INSERT INTO migrations (name) VALUES (%s)", (name,))
            applied.append(name)
        _close(connection)
    return applied


def make_roles(url: str) -> None:
    """The roles that the tables are granted to: what a restored copy needs on its server before it comes."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
        _make_roles(connection)


def pending(url: str) -> list[str]:
    """The names of what `migrate` would apply."""
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute("SELECT to_regclass('public.migrations')").fetchone()
        if not found or found[0] is None:
            return [name for name, _ in _scripts()]
        done = {name for (name,) in connection.execute("SELECT name FROM migrations").fetchall()}
    return [name for name, _ in _scripts() if name not in done]


def _scripts() -> Iterator[tuple[str, str]]:
    """Our files by number; before the first, the queue's tables from the version that is installed."""
    yield QUEUE, SchemaManager.get_schema() + _QUEUE_GRANTS
    for file in sorted(SCHEMA.glob("[0-9]*.sql")):
        yield file.stem, file.read_text(encoding="utf-8")


_QUEUE_GRANTS = """
DO $$
DECLARE
    queue_table text;
BEGIN
    FOR queue_table IN SELECT relname FROM pg_class WHERE relname LIKE 'procrastinate%' AND relkind = 'r' LOOP
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO infra24_app', queue_table);
    END LOOP;
END $$;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO infra24_app;
"""


def _make_roles(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """The roles of the application: they own nothing and bypass nothing.

    The first may become the others where it says so (SET ROLE), and inherits nothing from them. They can log
    in where the server lets them in without a password, as the embedded one does over its private socket.
    """
    # From 16 on whoever creates a role may administer it, which does not mean that they may become it.
    membership = "SET" if connection.info.server_version >= 160000 else "MEMBER"
    for role in (APP_ROLE, SWEEP_ROLE, ACCOUNTS_ROLE):
        name = sql.Identifier(role)
        # Roles belong to the server: another of its databases may have been first.
        with suppress(psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN NOINHERIT").format(name))
        granted = connection.execute(
            "SELECT pg_has_role(current_user, %s, %s)", (role, membership)
        ).fetchone()
        if not granted or not granted[0]:
            connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(name))
    app = sql.Identifier(APP_ROLE)
    for role in (SWEEP_ROLE, ACCOUNTS_ROLE):
        connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(role), app))


def _close(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """Nobody but the owner makes temporary tables: a restored copy does not bring a database's own rights."""
    name = sql.Identifier(connection.info.dbname)
    connection.execute(sql.SQL("REVOKE TEMPORARY ON DATABASE {} FROM PUBLIC").format(name))
