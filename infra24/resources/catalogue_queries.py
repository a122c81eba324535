"""SQL of the catalogue as a whole: its version, its locks, the longest claims."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from uuid import UUID

from infra24.db import Row, Tx


async def load_for_offer(tx: Tx, resource_ids: Sequence[UUID]) -> dict[UUID, Row]:
    """What an offer must know of whom it may claim: id, slug, title, e-mail, type, units, rules, layouts."""
    rows = await tx.rows(
        """
        SELECT id, slug, title, email, type, capacity, availability_rules, layouts
        FROM resources WHERE org_id = %s AND id = ANY(%s)
        """,
        (tx.org_id, list(resource_ids)),
    )
    return {row[0]: row for row in rows}


async def catalogue_version(tx: Tx) -> int:
    """The number that grows with every change of what is offered."""
    row = await tx.row("SELECT version FROM catalogues WHERE org_id = %s", (tx.org_id,))
    return int(row[0]) if row else 0


async def bump_catalogue_version(tx: Tx) -> None:
    """Something that offers are made of changed: whoever remembers one reads it again."""
    await tx.run(
        "INSERT INTO catalogues (org_id) VALUES (%s) "
        "ON CONFLICT (org_id) DO UPDATE SET version = catalogues.version + 1",
        (tx.org_id,),
    )


async def lock(tx: Tx, resource_ids: Collection[UUID]) -> None:
    """Hold these resources until the end of the transaction, in one order for everyone."""
    await tx.run(
        """
        SELECT 1 FROM resources WHERE org_id = %s AND id = ANY(%s) ORDER BY id FOR NO KEY UPDATE
        """,
        (tx.org_id, list(resource_ids)),
    )


async def lock_catalogue(tx: Tx) -> None:
    """Wait for whoever edits resources of this organization: an edit reads what it then writes."""
    await tx.run("SELECT pg_advisory_xact_lock(hashtextextended(%s, 1))", (f"{tx.org_id} resources",))


async def lock_with_dependents(tx: Tx, resource_ids: Sequence[UUID]) -> None:
    """Hold these, and every offer that names one of them as a host: all that a change of them touches.

    In the same order as everyone who locks resources, so that nobody waits in a circle.
    """
    await tx.run(
        """
        SELECT 1 FROM resources WHERE org_id = %(org)s AND (id = ANY(%(ids)s) OR id IN (
            SELECT resource_id FROM resource_hosts WHERE org_id = %(org)s AND host_id = ANY(%(ids)s)))
        ORDER BY id FOR NO KEY UPDATE
        """,
        {"org": tx.org_id, "ids": list(resource_ids)},
    )


async def raise_longest_claim(tx: Tx, resource_ids: Sequence[UUID], longest: timedelta) -> int:
    """Note that a claim on these is this long: what bounds the read must cover it. On how many it is new."""
    return await tx.run(
        "UPDATE resources SET longest_claim = %(longest)s "
        "WHERE org_id = %(org)s AND id = ANY(%(ids)s) AND longest_claim < %(longest)s",
        {"longest": longest, "org": tx.org_id, "ids": list(resource_ids)},
    )


async def longest_claims(tx: Tx, resource_ids: Sequence[UUID]) -> dict[UUID, timedelta]:
    """The longest claim that was ever noted on each of these."""
    rows = await tx.rows(
        "SELECT id, longest_claim FROM resources WHERE org_id = %s AND id = ANY(%s)",
        (tx.org_id, list(resource_ids)),
    )
    return dict(rows)
