"""Every SQL statement about attempts. Their table belongs to the role of accounts."""

from datetime import datetime

from infra24.db import Tx


async def add_attempt(
    tx: Tx, what: str, key_hash: bytes, now: datetime, window_began: datetime
) -> tuple[int, datetime]:
    """Count one more attempt; how many there were in this window, and when it began."""
    row = await tx.row(
        """
        INSERT INTO attempts AS a (what, key_hash, began_at, count) VALUES (%(what)s, %(key)s, %(now)s, 1)
        ON CONFLICT (what, key_hash) DO UPDATE SET
            count = CASE WHEN a.began_at <= %(began)s THEN 1 ELSE a.count + 1 END,
            began_at = CASE WHEN a.began_at <= %(began)s THEN %(now)s ELSE a.began_at END
        RETURNING count, began_at
        """,
        {"what": what, "key": key_hash, "now": now, "began": window_began},
    )
    assert row is not None
    return int(row[0]), row[1]


async def remove_attempt(tx: Tx, what: str, key_hash: bytes, counted_at: datetime) -> None:
    """Take back an attempt that was counted at an instant, unless another window has begun since."""
    await tx.run(
        "UPDATE attempts SET count = count - 1 "
        "WHERE what = %s AND key_hash = %s AND began_at <= %s AND count > 0",
        (what, key_hash, counted_at),
    )


async def forget_attempts(tx: Tx, before: datetime) -> None:
    """Forget the windows that began before an instant."""
    await tx.run("DELETE FROM attempts WHERE began_at < %s", (before,))
