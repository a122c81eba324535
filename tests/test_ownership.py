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
    "bookings": "series bookings claims participants booking_requirements booking_clients",
    "round_robin": "balances decisions",
    "events": "event_heads events event_subscribers event_cursors parked_events",
    "announcements": "announcements",
    "idempotency": "idempotency_keys",
}
OWNER = {table: package for package, tables in TABLES.items() for table in tables.split()}
NOBODYS = {"sweeps", "write_checks", "migrations"}
"""What the installation keeps of itself."""
TIERS = (
    {"organizations", "rate_limits", "org_connections", "events"}, {"people", "audit"}, {"resources"},
    {"booking_links", "round_robin"}, {"bookings"}, {"announcements", "idempotency", "analytics"},
)  # fmt: skip
"""From below to above: a package reads the tables of those below it, in statements that join them."""
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
            if (
                not isinstance(node, ast.ImportFrom)
                or not node.module
                or not node.module.startswith("infra24.")
            ):
                continue
            package = node.module.split(".")[1]
            modules = [node.module.split(".")[-1], *(alias.name for alias in node.names)]
            if package != name.split("/")[0] and any(module.endswith("queries") for module in modules):
                found.append(f"{name}: {node.module}")
    assert found == []


def _tier(package: str) -> int:
    return next((number for number, tier in enumerate(TIERS) if package in tier), len(TIERS))
