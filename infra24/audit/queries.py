"""Every SQL statement that reads the audit."""

from typing import Any, LiteralString

from infra24.audit.model import Entry
from infra24.db import Tx

_ENTRY: LiteralString = """
    SELECT seq, at, actor, action, subject, subject_id, label, before, after, transaction_id
    FROM audit_entries
"""


async def page(tx: Tx, wanted: dict[str, Any]) -> list[Entry]:
    """The newest first, from before a place on."""
    rows = await tx.rows(
        _ENTRY
        + """
        WHERE org_id = %(org)s AND seq < %(before)s
            AND (%(subject)s::text IS NULL OR subject = %(subject)s)
            AND (%(subject_id)s::text IS NULL OR subject_id = %(subject_id)s)
            AND (%(actor)s::text IS NULL OR actor->>'name' ILIKE %(actor)s OR actor->>'kind' = %(kind)s)
            AND (%(text)s::text IS NULL OR label ILIKE %(text)s OR subject_id ILIKE %(text)s)
            AND (%(since)s::timestamptz IS NULL OR at >= %(since)s)
            AND (%(until)s::timestamptz IS NULL OR at < %(until)s)
        ORDER BY seq DESC LIMIT %(limit)s
        """,
        {**wanted, "org": tx.org_id},
    )
    return [Entry(*row) for row in rows]


async def of_subject(tx: Tx, subject: str, subject_id: str, limit: int = 200) -> list[Entry]:
    """What happened to one thing, oldest first."""
    rows = await tx.rows(
        _ENTRY + "WHERE org_id = %s AND subject = %s AND subject_id = %s ORDER BY seq LIMIT %s",
        (tx.org_id, subject, subject_id, limit),
    )
    return [Entry(*row) for row in rows]


async def subjects(tx: Tx) -> list[str]:
    """The kinds of subject that there are entries of: the index is walked from one to the next."""
    rows = await tx.rows(
        """
        WITH RECURSIVE kinds AS (
            (SELECT org_id, subject FROM audit_entries WHERE org_id = %(org)s ORDER BY subject LIMIT 1)
            UNION ALL
            SELECT k.org_id, (SELECT a.subject FROM audit_entries a
                WHERE a.org_id = k.org_id AND a.subject > k.subject ORDER BY a.subject LIMIT 1)
            FROM kinds k WHERE k.subject IS NOT NULL
        )
        SELECT subject FROM kinds WHERE subject IS NOT NULL
        """,
        {"org": tx.org_id},
    )
    return [row[0] for row in rows]


BROKEN: LiteralString = """
    SELECT o.slug, min(c.seq) FROM (
        SELECT a.org_id, a.seq,
            a.seq <> 1 + coalesce(lag(a.seq) OVER w, 0)
            OR a.hash <> audit_link(coalesce(lag(a.hash) OVER w, ''), a.content_hash, a.org_id,
                a.seq, a.at, a.transaction_id, a.actor, a.action, a.subject, a.subject_id)
            OR ((a.label <> '[erased]' OR a.before IS NOT NULL OR a.after IS NOT NULL)
                AND a.content_hash <> audit_content(a.label, a.before, a.after)) AS broken
        FROM audit_entries a WINDOW w AS (PARTITION BY a.org_id ORDER BY a.seq)
    ) c JOIN organizations o ON o.id = c.org_id WHERE c.broken GROUP BY o.slug ORDER BY o.slug
"""
"""The first entry of each organization that does not follow from the one before it. For the owner's role."""
