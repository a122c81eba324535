"""Whose table is whose: only its package writes one, and packages above read it in their joins."""

import ast
from pathlib import Path

import pytest
from sqlglot import exp

import infra24
from tests.test_distribution import LOCAL, REFERENCE, STATEMENTS, TENANT, parsed

PACKAGE = Path(infra24.__file__).parent
TABLES = {
    "organizations": "organizations locations holiday_calendars holidays",
    "audit": "audit_entries",
    "people": "users sessions one_time_links passkeys recovery_codes identities memberships invitations "
    "deletion_requests organization_keys",
    "rate_limits": "attempts",
    "org_connections": "org_connections",
    "resources": "catalogues resources resource_hosts resource_parts appointment_types",
    "booking_links": "booking_links booking_link_offers booking_link_hosts",
    "consent": "suppressions message_preferences",
    "senders": "sending_rates",
    "bookings": "series bookings claims participants booking_requirements booking_clients",
    "round_robin": "balances decisions",
    "events": "event_heads events event_subscribers event_cursors parked_events",
    "announcements": "announcements announcement_readers",
    "notices": "notices",
    "message_settings": "message_settings",
    "notifications": "notifications",
    "calendar_feeds": "calendar_feeds",
    "webhooks": "webhook_endpoints webhook_queues webhook_deliveries webhook_attempts",
    "idempotency": "idempotency_keys",
}
OWNER = {table: package for package, tables in TABLES.items() for table in tables.split()}
NOBODYS = {"sweeps", "write_checks", "migrations"}
"""What the installation keeps of itself."""
TIERS = (
    {"organizations", "rate_limits", "org_connections", "events"}, {"consent", "senders", "notices", "message_settings"}, {"people", "audit"}, {"resources"},
    {"booking_links", "round_robin"}, {"bookings"}, {"announcements", "notifications", "webhooks", "calendar_feeds", "idempotency", "analytics"}, {"web"},
)  # fmt: skip
"""From below to above: a package reads the tables of those below it, in statements that join them. A package
that is not here has no statements."""
UPWARDS = {
    ("resources/linking_queries.py", "claims"),  # a part may go only when no claim names it
    ("resources/queries.py", "bookings"),  # an offer with bookings to come keeps its kind
    ("resources/queries.py", "claims"),
}
"""What is still read from above; nothing is added here."""


def test_every_table_has_an_owner() -> None:
    assert set(OWNER) | NOBODYS == TENANT | LOCAL | REFERENCE


@pytest.mark.parametrize(("where", "text"), STATEMENTS, ids=[where for where, _ in STATEMENTS])
def test_a_statement_writes_its_packages_tables_and_reads_those_below(where: str, text: str) -> None:
    file, package = where.partition(":")[0], where.partition("/")[0]
    tree = parsed(text)
    written = {
        table.name
        for node in tree.find_all(exp.Insert, exp.Update, exp.Delete)
        if (table := node.this.this if isinstance(node.this, exp.Schema) else node.this)
    }
    own = _tier(package)
    for table in {table.name for table in tree.find_all(exp.Table)} & set(OWNER):
        if OWNER[table] != package:
            assert table not in written, f"{table} is written by {OWNER[table]} only"
            assert _tier(OWNER[table]) < own or (file, table) in UPWARDS, f"{table} is above"


def test_statements_are_called_by_their_own_package() -> None:
    """Others call its operations: what a statement needs to be true is known there."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        for node in ast.walk(ast.parse(path.read_text())):
            for dotted in _named(node):
                package, *modules = dotted.removeprefix("infra24.").split(".")
                if package != name.split("/")[0] and any(module.endswith("queries") for module in modules):
                    found.append(f"{name}: {dotted}")
    assert found == []


def _named(node: ast.AST) -> list[str]:
    """What a node of the code imports, or reaches through what was imported, by its dotted name."""
    if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("infra24."):
        return [f"{node.module}.{alias.name}" for alias in node.names]
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names if alias.name.startswith("infra24.")]
    if isinstance(node, ast.Attribute) and node.attr.endswith("queries"):
        return [ast.unparse(node)]
    return []


@pytest.mark.parametrize(
    "code",
    [
        "from infra24.bookings import queries",
        "from infra24.bookings.queries import insert",
        "import infra24.bookings.queries as q",
        "bookings.lookup.queries.set_notes()",
    ],
)
def test_every_way_to_another_packages_statements_is_seen(code: str) -> None:
    """The control."""
    named = [dotted for node in ast.walk(ast.parse(code)) for dotted in _named(node)]
    assert any(part.endswith("queries") for dotted in named for part in dotted.split("."))


def _tier(package: str) -> int:
    return next(number for number, tier in enumerate(TIERS) if package in tier)
