"""The SQL of sending rates."""

from datetime import datetime, timedelta

from infra24.channels import Channel
from infra24.db import Tx


async def next_at(tx: Tx, channel: Channel, least: datetime) -> datetime:
    """When the next message may be sent, at least this; until the transaction ends nobody else asks."""
    row = await tx.row(
        """
        INSERT INTO sending_rates (org_id, channel, next_at) VALUES (%(org)s, %(channel)s, %(least)s)
        ON CONFLICT (org_id, channel) DO UPDATE SET next_at = greatest(sending_rates.next_at, %(least)s)
        RETURNING next_at
        """,
        {"org": tx.org_id, "channel": channel, "least": least},
    )
    assert row is not None
    found: datetime = row[0]
    return found


async def put_off(tx: Tx, channel: Channel, by: timedelta) -> None:
    """Have the next message sent so much later."""
    await tx.run(
        "UPDATE sending_rates SET next_at = next_at + %s WHERE org_id = %s AND channel = %s",
        (by, tx.org_id, channel),
    )


async def lock(tx: Tx) -> None:
    """Until the transaction ends nobody else changes the organization's senders."""
    await tx.run("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"{tx.org_id} senders",))
