"""Checks every part of an installation and says what to do about each."""

import asyncio
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import psycopg

from infra24 import audit, migrations, setup_errors
from infra24.app import mail_transport
from infra24.auth import SecretTooShort
from infra24.errors import DomainError
from infra24.i18n import LANGUAGES, catalogue
from infra24.roles import of_connection
from infra24.server import PortInUse, Urls, check_port
from infra24.settings import Settings
from infra24.setup_errors import SchemaMissing
from infra24.web import static_files


@dataclass(frozen=True, slots=True)
class Finding:
    """One part: whether it is well, what was seen, and what to do if it is not."""

    part: str
    well: bool
    seen: str
    advice: str = ""


Check = Callable[[], Finding]


def examine(settings: Settings, urls: Urls) -> Iterator[Finding]:
    """Look at every part; a part that cannot be looked at is a finding, not a crash."""
    for part, check in _own_checks(settings):
        yield _looked_at(part, check)
    database = _looked_at("Database", lambda: _database(urls))
    yield database
    if not database.well:
        advice = "correct the database first: schema, tenancy, audit, jobs and events are in it"
        yield Finding("All else", False, "not checked", advice)
        return
    for part, check in _database_checks(urls):
        yield _looked_at(part, check)


def _own_checks(settings: Settings) -> list[tuple[str, Check]]:
    return [
        ("Python", _python),
        ("Account", _account),
        ("Time zones", _zones),
        ("Front end", _front_end),
        ("Languages", _languages),
        ("Secret", lambda: _secret(settings)),
        ("Port", lambda: _port(settings)),
        ("Proxy", lambda: _proxy(settings)),
        ("Mail", lambda: _mail(settings)),
    ]


def _database_checks(urls: Urls) -> list[tuple[str, Check]]:
    return [
        ("Schema", lambda: _schema(urls)),
        ("Tenancy", lambda: _tenancy(urls)),
        ("Functions", lambda: _functions(urls)),
        ("No double booking", lambda: _constraint(urls)),
        ("Audit", lambda: _audit(urls)),
        ("Jobs", lambda: _jobs(urls)),
        ("Events", lambda: _events(urls)),
    ]


def _looked_at(part: str, check: Check) -> Finding:
    try:
        return check()
    except (DomainError, psycopg.Error, OSError) as error:
        return _failed(part, error)


def _failed(part: str, error: Exception) -> Finding:
    """A part that could not be looked at: what was said, and what it means."""
    seen = (str(error).strip().splitlines() or [type(error).__name__])[0]
    known = setup_errors.explained(error)
    if isinstance(known, SchemaMissing):
        return Finding(part, False, "not migrated yet", "infra24 migrate")
    return Finding(part, False, seen, known.message.splitlines()[0] if known else "see the log")


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("Python", sys.version_info >= (3, 11), version, "install Python 3.11 or newer")


def _account() -> Finding:
    """As whom this runs. Root works, in a container say; the rest of us use an account that may do less."""
    seen = "root: give it an account of its own" if os.geteuid() == 0 else f"number {os.geteuid()}"
    return Finding("Account", True, seen)


def _zones() -> Finding:
    count = len(available_timezones())
    ZoneInfo("America/New_York")
    return Finding("Time zones", count > 400, f"{count} zones", "pip install tzdata")


def _front_end() -> Finding:
    found = static_files.read()
    wanted = {"app.css", "book.js", "htmx.js", "figtree.woff2"}
    missing = wanted - set(found.files)
    seen = f"version {found.version}" if not missing else f"missing {', '.join(sorted(missing))}"
    return Finding("Front end", not missing, seen, "make frontend")


def _languages() -> Finding:
    empty = [code for code in LANGUAGES if code != "en" and catalogue(code).gettext("Continue") == "Continue"]
    return Finding(
        "Languages",
        not empty,
        ", ".join(LANGUAGES),
        f"translations are missing for {', '.join(empty)}: reinstall Infra24",
    )


def _secret(settings: Settings) -> Finding:
    """Whether there is one, long enough, the same for every process, that nobody else can read."""
    where = "INFRA24_SECRET" if settings.secret else str(settings.secret_file)
    try:
        ring = settings.keyring()
    except SecretTooShort as error:
        return Finding("Secret", False, f"too short, from {where}", error.message)
    if settings.secret is None and settings.secret_file.stat().st_mode & 0o077:
        return Finding(
            "Secret", False, f"others can read {where}", f"chmod 600 {where}; infra24 secrets rotate"
        )
    advice = "set INFRA24_SECRET to 32 random bytes or more; every process needs the same"
    shared = bool(settings.secret) or not settings.database_url
    earlier = f" and {len(ring.keys) - 1} earlier" if len(ring.keys) > 1 else ""
    return Finding("Secret", shared, f"{len(ring.current.secret)} characters{earlier}, from {where}", advice)


def _port(settings: Settings) -> Finding:
    try:
        check_port(settings.host, settings.port)
    except PortInUse:
        return Finding("Port", True, f"{settings.host}:{settings.port} is in use (by us, perhaps)")
    return Finding("Port", True, f"{settings.host}:{settings.port} is free")


def _proxy(settings: Settings) -> Finding:
    """Whether visitors are told apart: behind a proxy that is not trusted all have its address."""
    seen = f"trusted: {settings.trusted_proxies}" if settings.trusted_proxies else "none is trusted"
    if settings.missing_proxy:
        seen += ", but INFRA24_PUBLIC_URL is https: all visitors share one rate limit"
    advice = "set INFRA24_TRUSTED_PROXIES to the address from which the proxy connects, such as 127.0.0.1"
    return Finding("Proxy", not settings.missing_proxy, seen, advice)


def _mail(settings: Settings) -> Finding:
    """Where e-mail goes, and whether the server answers; without one nothing is sent."""
    wrong = "set INFRA24_SMTP_URL to smtp://user:password@host:587 and INFRA24_MAIL_FROM to the sender"
    try:
        seen = asyncio.run(mail_transport(settings).check())
    except DomainError as error:
        return Finding("Mail", False, error.message, wrong)
    sends = settings.smtp_url is not None
    well = sends or not settings.public_url
    return Finding("Mail", well, seen if sends else f"{seen}; nothing is sent", wrong)


def _database(urls: Urls) -> Finding:
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
    advice = "run `infra24 worker`; `infra24 parked <organization>` lists what failed, --retry tries it again"
    return Finding("Events", not parked and not behind, seen, advice)
