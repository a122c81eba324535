"""Deletes an organization and everything that is kept of it, in small steps, by the owner's role."""

from graphlib import TopologicalSorter
from uuid import UUID

import psycopg

from infra24.errors import Conflict
from infra24.organizations import tenant_queries
from infra24.organizations.tenant_queries import JOBS, Owner

STEP = 1_000
_PASSES = 10
_AUDIT = "audit_entries"


class StillInUse(Conflict):
    """The organization is written to meanwhile. Stop the web processes and workers, then repeat this."""


def delete(owner: Owner, org_id: UUID, step: int = STEP) -> dict[str, int]:
    """Delete the organization; how many rows of each table went. `owner` commits by itself.

    Each statement deletes at most `step` rows, so no lock is held for long. Tables that refer to others go
    first; the audit goes last, because it writes down what is deleted as long as the organization is there.
    When this is broken off, it can be repeated. Raises StillInUse when something is left after all.
    """
    order = _order(owner)
    gone: dict[str, int] = {}
    for _ in range(_PASSES):
        for table, columns in order:
            gone[table] = gone.get(table, 0) + _empty(owner, table, columns, org_id, step)
        gone[JOBS] = gone.get(JOBS, 0) + _empty_jobs(owner, org_id, step)
        try:
            tenant_queries.delete_organization(owner, org_id)
        except psycopg.errors.ForeignKeyViolation:
            continue  # something was written behind our back
        if not any(left(owner, org_id).values()):
            return gone
    raise StillInUse()


def left(owner: Owner, org_id: UUID) -> dict[str, int]:
    """How many rows of the organization there are, by table, with the jobs that are about it."""
    counts = {table: tenant_queries.count(owner, table, org_id) for table in tenant_queries.tables(owner)}
    return {**counts, JOBS: tenant_queries.count_jobs(owner, org_id)}


def _order(owner: Owner) -> list[tuple[str, list[str]]]:
    """The tables and their keys, those that refer to others before them; the audit last."""
    tables = set(tenant_queries.tables(owner))
    after: dict[str, set[str]] = {table: set() for table in tables}
    for source, target in tenant_queries.references(owner):
        if source in tables and target in tables:
            after[target].add(source)
    after[_AUDIT] |= tables - {_AUDIT}
    return [(table, tenant_queries.key(owner, table)) for table in TopologicalSorter(after).static_order()]


def _empty(owner: Owner, table: str, columns: list[str], org_id: UUID, step: int) -> int:
    total = 0
    while some := tenant_queries.delete_some(owner, table, columns, org_id, step):
        total += some
    return total


def _empty_jobs(owner: Owner, org_id: UUID, step: int) -> int:
    total = 0
    while some := tenant_queries.delete_some_jobs(owner, org_id, step):
        total += some
    return total
