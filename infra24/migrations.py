"""Brings a database to the present schema: roles, our SQL files in order, the job queue's own schema."""

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
from procrastinate.schema import SchemaManager
from psycopg import sql

from infra24.errors import Conflict, Forbidden, operator_text
from infra24.roles import Roles, of_connection
from infra24.subscribers import SUBSCRIBERS

SCHEMA = Path(__file__).parent / "schema"
QUEUE = "procrastinate"
_LOCK = 7_242_024
_SET_OPTION = 160_000
_Connection = psycopg.Connection[tuple[object, ...]]


class RolesNeeded(Forbidden):
    """This database role cannot create roles. Ask a database administrator to run:"""

    def __init__(self, statements: list[str]) -> None:
        lines = "".join(f"\n  {statement};" for statement in statements)
        super().__init__(operator_text(f"{type(self).__doc__}{lines}"))
        self.statements = statements


class RolesOfOthers(Conflict):
    """The roles of this database can be used by someone who may not become its owner."""

    def __init__(self, holders: list[tuple[str, str]], owner: str) -> None:
        by = ", ".join(f"{role} by {holder}" for role, holder in holders)
        names = ", ".join(sorted({role for role, _ in holders}))
        super().__init__(
            operator_text(
                f"Roles that this database needs already exist, and others can use them: {by}. Anyone who "
                "can use them can read and change everything here. Ask a database administrator to DROP ROLE "
                f"{names} and run this again, or rename the database. If the holder is your administrator, "
                f"have them instead GRANT {owner} TO their own role WITH ADMIN OPTION, then run this again."
            )
        )


class MadeByAnotherVersion(Conflict):
    """The database was made by another version of this software."""

    def __init__(self, unknown: list[str]) -> None:
        super().__init__(
            operator_text(
                f"The database was made by another version: this one does not know {', '.join(unknown)}. "
                "Run that version, or restore a backup made by this one. A database from before the first "
                "release cannot be upgraded: delete its data folder, or create a new database."
            )
        )


class NamedOtherwise(Conflict):
    """The rights in this database belong to another name. Give it back the name that it had."""

    def __init__(self, database: str, role: str) -> None:
        had = role.removeprefix("infra24_app_") if role != "infra24_app" else "infra24"
        super().__init__(
            operator_text(
                f"The rights in the database {database} belong to the role {role}: it was created as {had}, "
                f"then renamed or copied. Rename it back to {had}; restore a copy on another server."
            )
        )


def migrate(url: str, tell: Callable[[str], None] = lambda _: None) -> list[str]:
    """Apply what is missing, each file in one transaction; the names applied.

    `url` is the owner's. It may create roles, or an administrator has made them. Two processes that migrate
    at once wait for each other. Raises RolesNeeded, RolesOfOthers, NamedOtherwise
    and MadeByAnotherVersion.
    """
    applied: list[str] = []
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
        roles = of_connection(connection)
        _check_name(connection, roles)
        _make_roles(connection, roles)
        _close_the_door(connection, roles)
        connection.execute(
            "CREATE TABLE IF NOT EXISTS migrations "
            "(name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())"
        )
        done = {name for (name,) in connection.execute("SELECT name FROM migrations").fetchall()}
        scripts = dict(_scripts())
        if unknown := sorted(str(name) for name in done - scripts.keys()):
            raise MadeByAnotherVersion(unknown)
        for name, script in scripts.items():
            if name in done:
                continue
            tell(name)
            with connection.transaction():
                connection.execute(roles.written_into(script).encode())
                connection.execute("INSERT INTO migrations (name) VALUES (%s)", (name,))
            applied.append(name)
        _add_subscribers(connection)
    return applied


def _add_subscribers(connection: _Connection) -> None:
    """Give each new subscriber a cursor at the newest event of every organization: it acts on no old one."""
    known = {name for (name,) in connection.execute("SELECT name FROM event_subscribers").fetchall()}
    for subscriber in SUBSCRIBERS:
        if subscriber.name not in known:
            with connection.transaction():
                connection.execute("LOCK TABLE event_heads IN SHARE MODE")  # no event comes in between
                connection.execute("INSERT INTO event_subscribers (name) VALUES (%s)", (subscriber.name,))
                connection.execute(
                    "INSERT INTO event_cursors (org_id, subscriber, seq) "
                    "SELECT org_id, %s, seq FROM event_heads ON CONFLICT DO NOTHING",
                    (subscriber.name,),
                )


def make_roles(url: str) -> None:
    """The roles that the tables are granted to: what a restored copy needs on its server before it comes.

    Raises RolesNeeded and RolesOfOthers.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
        _make_roles(connection, of_connection(connection))


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


def _make_roles(connection: _Connection, roles: Roles) -> None:
    """The roles of the application: they own nothing and bypass nothing.

    The first may become the others where it says so (SET ROLE), and inherits nothing from them. They can log
    in where the server lets them in without a password, as the embedded one does over its private socket.
    """
    holders = others_with_roles(connection)
    if holders:
        raise RolesOfOthers(holders, connection.info.user)
    missing = list(_missing(connection, roles))
    try:
        with connection.transaction():
            for statement in missing:
                connection.execute(statement)
    except psycopg.errors.InsufficientPrivilege as error:
        raise RolesNeeded([statement.as_string(connection) for statement in missing]) from error


def _missing(connection: _Connection, roles: Roles) -> Iterator[sql.Composed]:
    """The statements that make the roles what they must be: nothing when they are."""
    found = connection.execute(
        "SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", (list(roles),)
    ).fetchall()
    there = {name for (name,) in found}
    for role in roles:
        if role not in there:
            yield sql.SQL("CREATE ROLE {} LOGIN NOINHERIT").format(sql.Identifier(role))
    owner = connection.info.user
    for role, member in (
        (roles.app, owner),
        *((other, roles.app) for other in (roles.sweep, roles.accounts)),
    ):
        if role not in there or not _may_become(connection, member, role):
            yield grant(role, member, connection.info.server_version)


def others_with_roles(connection: _Connection) -> list[tuple[str, str]]:
    """Which of the application's roles may be given away by whom: a role's maker, who would read all that it
    may. Superusers, who is connected, the database's owner and those who may become them are not listed.

    Before PostgreSQL 16 every role with CREATEROLE may use every other role, and none is listed.
    """
    if connection.info.server_version < _SET_OPTION:
        return []
    rows = connection.execute(
        "SELECT r.rolname, h.rolname FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid "
        "JOIN pg_roles h ON h.oid = m.member WHERE r.rolname = ANY(%s) AND m.admin_option AND NOT h.rolsuper "
        "AND NOT EXISTS (SELECT FROM pg_roles o JOIN pg_database d ON d.datname = current_database() "
        "WHERE (o.rolname = current_user OR o.oid = d.datdba) AND (pg_has_role(h.oid, o.oid, 'MEMBER') "
        "OR pg_has_role(h.oid, o.oid, 'MEMBER WITH ADMIN OPTION'))) ORDER BY 1, 2",
        (list(of_connection(connection)),),
    ).fetchall()
    return [(str(role), str(holder)) for role, holder in rows]


def grant(role: str, member: str, version: int) -> sql.Composed:
    """Lets `member` become `role`. Since PostgreSQL 16 that is an option, which a role's maker lacks."""
    option = sql.SQL(" WITH SET TRUE" if version >= _SET_OPTION else "")
    return sql.SQL("GRANT {} TO {}{}").format(sql.Identifier(role), sql.Identifier(member), option)


def _may_become(connection: _Connection, member: str, role: str) -> bool:
    wanted = "SET" if connection.info.server_version >= _SET_OPTION else "MEMBER"
    row = connection.execute(
        "SELECT (SELECT bool_and(pg_has_role(m.oid, r.oid, %s)) FROM pg_roles m, pg_roles r "
        "WHERE m.rolname = %s AND r.rolname = %s)",
        (wanted, member, role),
    ).fetchone()
    return bool(row and row[0])


def _close_the_door(connection: _Connection, roles: Roles) -> None:
    """Only the owner and this installation's application come into its database; nobody else makes tables.

    Done each time: a restored copy does not bring the rights on the database itself.
    """
    database, app = sql.Identifier(connection.info.dbname), sql.Identifier(roles.app)
    row = connection.execute(
        "SELECT has_database_privilege('public', current_database(), 'CONNECT'), "
        "has_database_privilege(%s, current_database(), 'CONNECT')",
        (roles.app,),
    ).fetchone()
    if row and row[0]:
        connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, app))
        connection.execute(sql.SQL("REVOKE CONNECT ON DATABASE {} FROM PUBLIC").format(database))
    elif row and not row[1]:
        connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, app))
    connection.execute(sql.SQL("REVOKE TEMPORARY ON DATABASE {} FROM PUBLIC").format(database))


def _check_name(connection: _Connection, roles: Roles) -> None:
    """Raises NamedOtherwise for a schema whose rights belong to the roles of another name."""
    row = connection.execute(
        "SELECT r.rolname FROM pg_policy p JOIN pg_roles r ON r.oid = ANY(p.polroles) "
        "WHERE p.polrelid = to_regclass('public.bookings') AND p.polname = 'one_organization'"
    ).fetchone()
    if row and row[0] != roles.app:
        raise NamedOtherwise(connection.info.dbname, str(row[0]))
