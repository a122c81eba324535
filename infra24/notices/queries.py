"""The SQL of notices."""

from datetime import datetime
from uuid import UUID

from infra24.db import Tx
from infra24.notices.model import Notice, NoticeDraft


async def insert(tx: Tx, one: Notice, now: datetime) -> None:
    """Keep a new notice."""
    await tx.run(
        """
        INSERT INTO notices (org_id, id, text, shown_from, shown_until, created_at, updated_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s)
        """,
        (tx.org_id, one.id, one.text, one.shown_from, one.shown_until, now, now),
    )


async def update(tx: Tx, id_: UUID, draft: NoticeDraft, now: datetime) -> bool:
    """Write a notice anew; whether there is one."""
    changed = await tx.run(
        """
        UPDATE notices SET text = %s, shown_from = %s, shown_until = %s, updated_at = %s
        WHERE org_id = %s AND id = %s
        """,
        (draft.text, draft.shown_from, draft.shown_until, now, tx.org_id, id_),
    )
    return changed == 1


async def delete(tx: Tx, id_: UUID) -> bool:
    """Delete a notice; whether there was one."""
    return await tx.run("DELETE FROM notices WHERE org_id = %s AND id = %s", (tx.org_id, id_)) == 1


async def listed(tx: Tx) -> list[Notice]:
    """All notices, the one that begins last first."""
    rows = await tx.rows(
        """
        SELECT id, text, shown_from, shown_until FROM notices WHERE org_id = %s
        ORDER BY shown_from DESC, id
        """,
        (tx.org_id,),
    )
    return [Notice(*row) for row in rows]


async def shown(tx: Tx, now: datetime) -> list[str]:
    """The texts of those that are shown at an instant, the newest first."""
    rows = await tx.rows(
        """
        SELECT text FROM notices
        WHERE org_id = %(org)s AND shown_from <= %(now)s AND (shown_until IS NULL OR shown_until > %(now)s)
        ORDER BY shown_from DESC, id LIMIT 5
        """,
        {"org": tx.org_id, "now": now},
    )
    return [text for (text,) in rows]
