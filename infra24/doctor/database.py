"""The parts of an installation that are in its database."""

from typing import Any

import psycopg

from infra24 import audit, migrations
from infra24.doctor.model import Check, Finding
from infra24.roles import of_connection
from infra24.server import Urls


def checks(urls: Urls) -> list[tuple[str, Check]]:
    """Each part by its name, once the database answers."""
    return [
        ("Schema", lambda: _schema(urls)),
        ("Tenancy", lambda: _tenancy(urls)),
        ("Functions", lambda: _functions(urls)),
        ("No double booking", lambda: _constraint(urls)),
        ("Audit", lambda: _audit(urls)),
        ("Jobs", lambda: _jobs(urls)),
        ("Events", lambda: _events(urls)),
        ("Messages", lambda: _messages(urls)),
    ]


def database(urls: Urls) -> Finding:
    """Whether the database answers, and is new enough."""
    with psycopg.connect(urls.app) as connection:
        number = connection.info.server_version
    return Finding(
        "Database",
        number >= 150000,
        f"PostgreSQL {number // 10000}.{number % 10000}",
        "PostgreSQL 15 or newer is needed",
    )


def _schema(urls: Urls) -> Finding:
    missing = migrations.pending(urls.owner)
    return Finding(
        "Schema",
        not missing,
        "up to date" if not missing else f"missing {', '.join(missing)}",
        "infra24 migrate",
    )


def _tenancy(urls: Urls) -> Finding:
    with _as_application(urls) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
            "WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' "
            "AND a.attname = 'org_id' AND NOT c.relrowsecurity"
        ).fetchone()
        open_tables = row[0] if row else 0
        try:
            connection.execute("SELECT 1 FROM bookings LIMIT 1")
            closed = False
        except psycopg.Error:
            closed = True
    if open_tables or not closed:
        return Finding(
            "Tenancy", False, "row-level security is off on a table", "infra24 migrate, with the owner's role"
        )
    with psycopg.connect(urls.owner) as owner:
        others = migrations.others_with_roles(owner)
    seen = "row-level security is on for every table"
    if others:
        seen = ", ".join(f"{role} can be used by {holder}" for role, holder in others)
    advice = "let an administrator of the server REVOKE that role from whoever should not read everything"
    return Finding("Tenancy", not others, seen, advice)


def _as_application(urls: Urls) -> psycopg.Connection[Any]:
    connection = psycopg.connect(urls.app)
    connection.execute(f"SET ROLE {of_connection(connection).app}".encode())
    return connection


def _functions(urls: Urls) -> Finding:
    """Whether nobody can put a table of theirs in place of one that the owner's functions read."""
    with psycopg.connect(urls.owner) as owner:
        row = owner.execute(
            "SELECT count(*) FILTER (WHERE NOT coalesce(proconfig, '{}') "
            "@> ARRAY['search_path=public, pg_temp']), "
            "has_database_privilege(%s, current_database(), 'TEMP') FROM pg_proc "
            "WHERE prosecdef AND pronamespace = 'public'::regnamespace",
            (of_connection(owner).app,),
        ).fetchone()
    open_, temporary = row or (1, True)
    seen = "search paths are fixed" if not (open_ or temporary) else "the search path of a function is unsafe"
    advice = "infra24 migrate; REVOKE TEMPORARY ON DATABASE … FROM PUBLIC"
    return Finding("Functions", not (open_ or temporary), seen, advice)


def _constraint(urls: Urls) -> Finding:
    with psycopg.connect(urls.app) as connection:
        row = connection.execute(
            "SELECT convalidated FROM pg_constraint WHERE conname = 'claims_never_overlap'"
        ).fetchone()
    well = bool(row and row[0])
    return Finding(
        "No double booking",
        well,
        "the database forbids it" if well else "the constraint is gone",
        "restore the constraint claims_never_overlap before you take bookings",
    )


def _audit(urls: Urls) -> Finding:
    """Whether each organization's audit holds: every entry follows from the one before it."""
    with psycopg.connect(urls.owner) as owner:
        count = owner.execute("SELECT count(*) FROM audit_entries").fetchone()
        broken = audit.verify(owner)
    seen = f"{count[0] if count else 0} entries verified"
    if broken:
        seen = ", ".join(f"{one.slug} breaks at entry {one.seq}" for one in broken)
    advice = "someone changed the database by hand: compare with a backup, and ask who has the owner's role"
    return Finding("Audit", not broken, seen, advice)


def _jobs(urls: Urls) -> Finding:
    with _as_application(urls) as connection:
        row = connection.execute(
            "SELECT count(*) FILTER (WHERE j.status = 'todo'), count(*) FILTER (WHERE j.status = 'failed' "
            "OR j.status = 'todo' AND j.attempts >= 3), "
            "count(*) FILTER (WHERE j.status = 'todo' AND coalesce(j.scheduled_at, e.at) "
            "< now() - interval '1 minute'), "
            "(SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - interval '1 minute') "
            "FROM procrastinate_jobs j "
            "LEFT JOIN procrastinate_events e ON e.job_id = j.id AND e.type = 'deferred'"
        ).fetchone()
    waiting, failed, late, workers = row or (0, 0, 0, 0)
    seen = f"{waiting} waiting, {failed} failed, {workers} worker(s) at work"
    return Finding("Jobs", not failed and not late, seen, "run `infra24 worker`; its log says what failed")


def _events(urls: Urls) -> Finding:
    """Whether the subscribers keep up: nothing is parked, and nobody has waited for minutes."""
    with psycopg.connect(urls.owner) as owner:
        row = owner.execute(
            "SELECT (SELECT count(*) FROM parked_events), (SELECT count(*) FROM event_cursors c "
            "JOIN event_heads h ON h.org_id = c.org_id "
            "JOIN events e ON e.org_id = c.org_id AND e.seq = c.seq + 1 "
            "WHERE h.due_at IS NOT NULL AND e.recorded_at < now() - interval '5 minutes')"
        ).fetchone()
    parked, behind = row or (0, 0)
    seen = f"{parked} parked, {behind} subscriber(s) behind"
    advice = "run `infra24 worker`; `infra24 outbox <organization>` lists what failed, --retry tries it again"
    return Finding("Events", not parked and not behind, seen, advice)


def _messages(urls: Urls) -> Finding:
    """Whether messages are sent in time, and how many failed in the last day."""
    with psycopg.connect(urls.owner) as owner:
        row = owner.execute(
            "SELECT count(*) FILTER (WHERE due_at <= now()), "
            "count(*) FILTER (WHERE due_at < now() - interval '10 minutes'), "
            "count(*) FILTER (WHERE state = 'failed' AND done_at > now() - interval '1 day') "
            "FROM notifications WHERE due_at IS NOT NULL OR done_at > now() - interval '1 day'"
        ).fetchone()
    due, late, failed = row or (0, 0, 0)
    seen = f"{due} due, {late} of them late, {failed} failed since yesterday"
    advice = "run `infra24 worker`; a booking's page says why a message failed"
    return Finding("Messages", not late, seen, advice)
