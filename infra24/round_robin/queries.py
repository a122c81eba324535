"""Every SQL statement about turns."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import orjson
from psycopg.types.json import Jsonb

from infra24.db import Row, Statement, Tx
from infra24.round_robin.model import DecisionRow


async def standings(tx: Tx, offer_id: UUID) -> dict[UUID, tuple[int, int]]:
    """The balance of each host, and when they were last chosen (seconds since 1970)."""
    rows = await tx.rows(
        """
        SELECT host_id, balance, coalesce(extract(epoch FROM chosen_at), 0)::bigint
        FROM balances WHERE org_id = %s AND offer_id = %s
        """,
        (tx.org_id, offer_id),
    )
    return {host: (balance, last) for host, balance, last in rows}


def change(
    tx: Tx,
    offer_id: UUID,
    changes: Mapping[UUID, int],
    chosen: Sequence[UUID],
    given: int,
    now: datetime | None,
) -> Statement:
    """Add to the balances; those chosen have so many turns more, and wait anew when `now` is said."""
    return Statement(
        """
        INSERT INTO balances (org_id, offer_id, host_id, balance, given, chosen_at)
        SELECT %(org)s, %(offer)s, c.host, c.change,
            CASE WHEN c.host = ANY(%(chosen)s) THEN %(given)s ELSE 0 END,
            CASE WHEN c.host = ANY(%(chosen)s) THEN %(now)s::timestamptz END
        FROM unnest(%(hosts)s::uuid[], %(changes)s::bigint[]) AS c (host, change) ORDER BY c.host
        ON CONFLICT (org_id, offer_id, host_id) DO UPDATE SET
            balance = balances.balance + excluded.balance, given = balances.given + excluded.given,
            chosen_at = coalesce(excluded.chosen_at, balances.chosen_at)
        """,
        {
            "org": tx.org_id,
            "offer": offer_id,
            "hosts": list(changes),
            "changes": list(changes.values()),
            "chosen": list(chosen),
            "given": given,
            "now": now,
        },
    )


async def turn_of(tx: Tx, booking_id: UUID) -> Row | None:
    """The turn of a booking, unless it was given back: offer, pooling, chosen, candidates."""
    row = await tx.row(
        """
        SELECT offer_id, pooling, chosen, candidates, returned FROM decisions
        WHERE org_id = %s AND booking_id = %s AND is_turn ORDER BY seq DESC LIMIT 1
        """,
        (tx.org_id, booking_id),
    )
    return None if row is None or row[4] else row[:4]


def write(tx: Tx, line: DecisionRow) -> Statement:
    """Add a decision."""
    return Statement(
        """
        INSERT INTO decisions (org_id, booking_id, offer_id, made_at, pooling, chosen, candidates, is_turn,
            returned, kept)
        VALUES (%(org)s, %(booking)s, %(offer)s, %(at)s, %(pooling)s, %(chosen)s, %(candidates)s, %(is_turn)s,
            %(returned)s, %(kept)s)
        """,
        {
            "org": tx.org_id,
            "booking": line.booking_id,
            "offer": line.offer_id,
            "at": line.made_at,
            "pooling": line.pooling,
            "chosen": list(line.chosen),
            "candidates": Jsonb(list(line.candidates), dumps=orjson.dumps),
            "is_turn": line.is_turn,
            "returned": line.returned,
            "kept": line.kept,
        },
    )


async def offers_of(tx: Tx, booking_id: UUID) -> list[UUID]:
    """The offers in whose ledger a booking has a turn."""
    rows = await tx.rows(
        "SELECT DISTINCT offer_id FROM decisions WHERE org_id = %s AND booking_id = %s AND is_turn",
        (tx.org_id, booking_id),
    )
    return [row[0] for row in rows]


async def ledger(tx: Tx, offer_id: UUID) -> list[Row]:
    """The lines of an offer in their order: candidates, chosen, when (seconds), whether it was given back,
    whether it follows an earlier one, and its booking."""
    return await tx.rows(
        """
        SELECT candidates, chosen, extract(epoch FROM made_at)::bigint, returned, kept, booking_id
        FROM decisions
        WHERE org_id = %s AND offer_id = %s AND is_turn ORDER BY seq
        """,
        (tx.org_id, offer_id),
    )


async def names(tx: Tx, offer_id: UUID) -> list[Row]:
    """The hosts that have a balance at an offer: id and name."""
    return await tx.rows(
        """
        SELECT r.id, r.title FROM balances b JOIN resources r ON (r.org_id, r.id) = (b.org_id, b.host_id)
        WHERE b.org_id = %s AND b.offer_id = %s ORDER BY r.title
        """,
        (tx.org_id, offer_id),
    )


async def offers(tx: Tx) -> list[Row]:
    """The offers whose hosts take turns or took some: id, slug, title, active, hosts, turns given, last."""
    return await tx.rows(
        """
        SELECT r.id, r.slug, r.title, r.is_active, count(b.host_id)::int, coalesce(sum(b.given), 0)::int,
            max(b.chosen_at)
        FROM resources r LEFT JOIN appointment_types t ON (t.org_id, t.id) = (r.org_id, r.id)
            LEFT JOIN balances b ON (b.org_id, b.offer_id) = (r.org_id, r.id)
        WHERE r.org_id = %s
        GROUP BY r.id, r.slug, r.title, r.is_active, r.availability_rules, t.needs
        HAVING count(b.host_id) > 0 OR r.availability_rules->>'pooling' = 'round_robin'
            OR t.needs @> '[{"pooling": "round_robin"}]'
        ORDER BY r.is_active DESC, r.title
        """,
        (tx.org_id,),
    )
