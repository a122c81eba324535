"""Every SQL statement about the clients of bookings: as whom holds and bookings are counted."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from infra24.db import Row, Tx

_DAY = timedelta(days=1)


async def lock(tx: Tx, client: bytes, email: str) -> None:
    """One request at a time by one client, and for one e-mail unless it is empty."""
    await tx.run(
        "SELECT pg_advisory_xact_lock(hashtextextended(k.key, 1)) FROM unnest(%s::text[]) WITH ORDINALITY "
        "AS k (key, n) ORDER BY k.n",
        ([f"{tx.org_id} {key}" for key in (client.hex(), email) if key],),
    )


async def kept(tx: Tx, client: bytes, now: datetime) -> Row:
    """What a client keeps and made lately: its holds and when the first lapses, its bookings of a day and
    when the first was made; and the organization's settings. No hold lasts longer than a day.
    """
    row = await tx.row(
        """
        SELECT count(*) FILTER (WHERE b.status = 'hold' AND b.expires_at > %(now)s),
            min(b.expires_at) FILTER (WHERE b.status = 'hold' AND b.expires_at > %(now)s),
            count(*) FILTER (WHERE b.booker_email <> ''),
            min(c.counted_at) FILTER (WHERE b.booker_email <> ''),
            (SELECT o.settings FROM organizations o WHERE o.id = %(org)s)
        FROM booking_clients c JOIN bookings b ON b.org_id = c.org_id AND b.id = c.booking_id
        WHERE c.org_id = %(org)s AND c.client = %(client)s AND c.counted_at > %(day)s
        """,
        {"org": tx.org_id, "client": client, "now": now, "day": now - _DAY},
    )
    assert row is not None
    return row


async def pending(tx: Tx, client: bytes, email: str) -> int:
    """How many bookings wait for an answer: a client's, or an e-mail's if those are more."""
    row = await tx.row(
        """
        SELECT greatest(
            (SELECT count(*) FROM booking_clients c
                JOIN bookings b ON b.org_id = c.org_id AND b.id = c.booking_id
                WHERE c.org_id = %(org)s AND c.client = %(client)s AND b.status = 'pending'),
            (SELECT count(*) FROM bookings b
                WHERE b.org_id = %(org)s AND b.booker_email = %(email)s AND b.status = 'pending'))
        """,
        {"org": tx.org_id, "client": client, "email": email},
    )
    return int(row[0]) if row else 0


async def note(tx: Tx, client: bytes, booking_ids: Sequence[UUID], now: datetime) -> None:
    """As whom these bookings are counted from now on. The client's holds that are over need no counting."""
    await tx.run(
        """
        WITH over AS (
            DELETE FROM booking_clients c USING bookings b
            WHERE c.org_id = %(org)s AND c.client = %(client)s AND c.counted_at > %(day)s
                AND b.org_id = c.org_id AND b.id = c.booking_id
                AND b.booker_email = '' AND b.status = 'cancelled'
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
