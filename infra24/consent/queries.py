"""The SQL of preferences and suppressions."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from infra24.channels import Channel
from infra24.consent.model import Preference, Purpose, Source, Suppression, SuppressionCause
from infra24.db import Database, Tx


async def put_preference(tx: Tx, one: Preference, now: datetime) -> None:
    """Keep what was chosen, instead of what was chosen before."""
    await tx.run(
        """
        INSERT INTO message_preferences (org_id, channel, address, purpose, wanted, source, changed_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s)
        ON CONFLICT (org_id, channel, address, purpose) DO UPDATE
        SET wanted = excluded.wanted, source = excluded.source, changed_at = excluded.changed_at
        WHERE message_preferences.wanted <> excluded.wanted
        """,
        (tx.org_id, one.channel, one.address, one.purpose, one.wanted, one.source, now),
    )


async def preferences(tx: Tx, addresses: Sequence[str]) -> list[Preference]:
    """What these addresses chose."""
    rows = await tx.rows(
        """
        SELECT channel, address, purpose, wanted, source FROM message_preferences
        WHERE org_id = %s AND address = ANY(%s)
        """,
        (tx.org_id, list(addresses)),
    )
    return [
        Preference(Channel(channel), address, Purpose(purpose), wanted, Source(source))
        for channel, address, purpose, wanted, source in rows
        if purpose in set(Purpose)
    ]


async def organizations_wanting(database: Database, purpose: Purpose) -> list[UUID]:
    """The organizations where somebody chose to get messages of a purpose."""
    rows = await database.sweep(
        "wanted messages",
        "SELECT DISTINCT org_id FROM message_preferences WHERE purpose = %s AND wanted ORDER BY org_id",
        (purpose,),
    )
    return [org_id for (org_id,) in rows]


async def addresses_wanting(tx: Tx, channel: Channel, purpose: Purpose) -> list[str]:
    """The addresses that chose to get messages of a purpose."""
    rows = await tx.rows(
        """
        SELECT address FROM message_preferences
        WHERE org_id = %s AND channel = %s AND purpose = %s AND wanted ORDER BY address
        """,
        (tx.org_id, channel, purpose),
    )
    return [address for (address,) in rows]


async def put_suppression(tx: Tx, one: Suppression) -> None:
    """Add an address to the list; one that is on it stays as it is."""
    await tx.run(
        """
        INSERT INTO suppressions (org_id, channel, address, reason, note, recorded_by, created_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
        """,
        (tx.org_id, one.channel, one.address, one.reason, one.note, one.recorded_by, one.created_at),
    )


async def delete_suppression(tx: Tx, channel: Channel, address: str) -> bool:
    """Take an address off the list; whether it was on it."""
    deleted = await tx.run(
        "DELETE FROM suppressions WHERE org_id = %s AND channel = %s AND address = %s",
        (tx.org_id, channel, address),
    )
    return deleted == 1


async def delete_stopped(tx: Tx, channel: Channel, address: str) -> None:
    """Take an address off the list if it is there because its owner stopped."""
    await tx.run(
        """
        DELETE FROM suppressions
        WHERE org_id = %s AND channel = %s AND address = %s AND reason = 'stopped'
        """,
        (tx.org_id, channel, address),
    )


async def suppressed(tx: Tx, addresses: Sequence[str]) -> set[tuple[Channel, str]]:
    """Those of these addresses that are sent nothing."""
    rows = await tx.rows(
        "SELECT channel, address FROM suppressions WHERE org_id = %s AND address = ANY(%s)",
        (tx.org_id, list(addresses)),
    )
    return {(Channel(channel), address) for channel, address in rows}


async def suppressions(tx: Tx, containing: str, most: int) -> list[Suppression]:
    """The addresses with this in them, the newest first."""
    rows = await tx.rows(
        """
        SELECT channel, address, reason, note, recorded_by, created_at FROM suppressions
        WHERE org_id = %s AND strpos(address, %s) > 0 ORDER BY created_at DESC, address LIMIT %s
        """,
        (tx.org_id, containing, most),
    )
    return [
        Suppression(Channel(channel), address, SuppressionCause(reason), *rest)
        for channel, address, reason, *rest in rows
    ]
