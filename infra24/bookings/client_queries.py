"""Every SQL statement about the clients of bookings: as whom holds and bookings are counted.

Each booking is looked up by its key, in a subquery that is not flattened into a join: a plan that is made
while the tables are small, and then kept, would read all bookings of the organization.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from infra24.db import Row, Statement, Tx

_DAY = timedelta(days=1)


async def lock(tx: Tx, client: bytes, email: str) -> None:
    """One request at a time by one client, and for one e-mail unless it is empty."""
    locking = _lock(tx, client, email)
    await tx.run(locking.query, locking.args)


def _lock(tx: Tx, client: bytes, email: str) -> Statement:
    return Statement(
        "SELECT pg_advisory_xact_lock(hashtextextended(k.key, 1)) FROM unnest(%(keys)s::text[]) "
        "WITH ORDINALITY AS k (key, n) ORDER BY k.n",
        {"keys": [f"{tx.org_id} {key}" for key in (client.hex(), email) if key]},
    )


async def lock_and_count(tx: Tx, client: bytes, email: str, now: datetime) -> Row:
    """Lock, then what a client keeps."""
    row = await tx.row_after(_lock(tx, client, email), kept(tx, client, now))
    assert row is not None
    return row


def kept(tx: Tx, client: bytes, now: datetime) -> Statement:
    """What a client keeps and made lately: its holds and when the first expires, its bookings of a day and
    when the first was made; and the organization's settings. No hold lasts longer than a day.
    """
    return Statement(
        """
        SELECT count(*) FILTER (WHERE b.status = 'hold' AND b.expires_at > %(now)s),
            min(b.expires_at) FILTER (WHERE b.status = 'hold' AND b.expires_at > %(now)s),
            count(*) FILTER (WHERE b.booker_email <> ''),
            min(c.counted_at) FILTER (WHERE b.booker_email <> ''),
            (SELECT o.settings FROM organizations o WHERE o.id = %(org)s)
        FROM booking_clients c CROSS JOIN LATERAL (
            SELECT k.status, k.expires_at, k.booker_email FROM bookings k
            WHERE k.org_id = c.org_id AND k.id = c.booking_id OFFSET 0) b
        WHERE c.org_id = %(org)s AND c.client = %(client)s AND c.counted_at > %(day)s
        """,
        {"org": tx.org_id, "client": client, "now": now, "day": now - _DAY},
    )


async def pending(tx: Tx, client: bytes, email: str) -> int:
    """How many bookings wait for an answer: a client's, or an e-mail's if those are more."""
    row = await tx.row(
        """
        SELECT greatest(
            (SELECT count(*) FROM booking_clients c
                WHERE c.org_id = %(org)s AND c.client = %(client)s AND (
                    SELECT k.status = 'pending' FROM bookings k
                    WHERE k.org_id = c.org_id AND k.id = c.booking_id)),
            (SELECT count(*) FROM bookings b
                WHERE b.org_id = %(org)s AND b.booker_email = %(email)s AND b.status = 'pending'))
        """,
        {"org": tx.org_id, "client": client, "email": email},
    )
    return int(row[0]) if row else 0


def note(tx: Tx, client: bytes, booking_ids: Sequence[UUID], now: datetime) -> Statement:
    """Link bookings to the client that they count for; delete the links of its holds that are over."""
    return Statement(
        """
        WITH over AS (
            DELETE FROM booking_clients c
            WHERE c.org_id = %(org)s AND c.client = %(client)s AND c.counted_at > %(day)s AND (
                SELECT k.booker_email = '' AND k.status = 'cancelled' FROM bookings k
                WHERE k.org_id = c.org_id AND k.id = c.booking_id)
        )
        INSERT INTO booking_clients (org_id, booking_id, client, counted_at)
        SELECT %(org)s, id, %(client)s, %(now)s FROM unnest(%(ids)s::uuid[]) AS id
        ON CONFLICT (org_id, booking_id)
            DO UPDATE SET client = excluded.client, counted_at = excluded.counted_at
        """,
        {"org": tx.org_id, "client": client, "ids": list(booking_ids), "now": now, "day": now - _DAY},
    )


async def forget(tx: Tx, before: datetime) -> None:
    """Forget as whom bookings were counted that were made before an instant."""
    await tx.run("DELETE FROM booking_clients WHERE org_id = %s AND counted_at < %s", (tx.org_id, before))
