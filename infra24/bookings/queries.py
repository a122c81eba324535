"""Every SQL statement about bookings."""

import hmac
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID
from zoneinfo import ZoneInfo

from psycopg.types.json import Jsonb

from infra24.bookings.claims import AllocationRow
from infra24.bookings.model import ActorRole, BookerDetails, Booking, EndKind, Participant, Status
from infra24.db import Row, Tx

BOOKING: LiteralString = """
    SELECT b.org_id, b.id, b.resource_id, r.title, b.status, b.starts_at, b.ends_at, b.time_zone,
        b.booker_name, b.booker_email, b.goal_text, b.consent_recording, b.meeting_url, b.price,
        b.currency, b.policy, b.locale, b.expires_at, b.revision, b.end_kind, b.ended_by, b.end_reason,
        b.created_at, b.updated_at, b.phone, b.location_details, b.answers, b.choice, b.claimed,
        b.link_id, b.series_id, b.series_at, b.is_exception, b.local_start, b.lapses_at, b.notes,
        coalesce(nullif(concat_ws(', ', l.name, nullif(l.address, '')), ''), ''),
        (SELECT coalesce(json_agg(json_build_array(p.role, p.name, p.email, p.resource_id)
                ORDER BY p.role, p.name), '[]')
            FROM participants p WHERE (p.org_id, p.booking_id) = (b.org_id, b.id)),
        b.token_hash
    FROM bookings b JOIN resources r ON (r.org_id, r.id) = (b.org_id, b.resource_id)
        LEFT JOIN locations l ON (l.org_id, l.id) = (r.org_id, r.location_id)
"""

_LAPSES: LiteralString = """
    (SELECT least(CASE WHEN %(starts_at)s > %(now)s THEN %(starts_at)s END, %(now)s + make_interval(
            hours => coalesce((o.settings->>'approval_hours')::int, 72)))
        FROM organizations o WHERE o.id = %(org)s AND %(status)s = 'pending')
"""
"""Until when a pending booking waits: as long as its organization says, and not past its start."""

_SEATING: LiteralString = """
    ), people AS (
        INSERT INTO participants (org_id, booking_id, role, name, email, resource_id)
        SELECT %(org)s, %(id)s, p.role, p.name, p.email, p.resource_id
        FROM unnest(%(roles)s::text[], %(names)s::text[], %(emails)s::text[], %(hosts)s::uuid[])
            AS p (role, name, email, resource_id)
    ), decided AS (
        INSERT INTO decisions (org_id, booking_id, offer_id, made_at, pooling, chosen, candidates, is_turn,
            kept)
        SELECT %(org)s, %(id)s, %(resource)s, %(now)s, %(pooling)s, %(chosen)s, %(candidates)s, %(is_turn)s,
            %(kept)s
        WHERE %(pooling)s::text IS NOT NULL
    ), claimed AS (
        INSERT INTO claims (org_id, booking_id, resource_id, unit, starts_at, ends_at, booked_at,
            booked_until, layout, expires_at)
        SELECT %(org)s, %(id)s, c.resource_id, c.unit, c.since, c.until, %(starts_at)s, %(ends_at)s,
            c.layout, %(expires_at)s
        FROM unnest(%(members)s::uuid[], %(units)s::smallint[], %(froms)s::timestamptz[],
            %(untils)s::timestamptz[], %(layouts)s::text[]) AS c (resource_id, unit, since, until, layout)
        ORDER BY c.resource_id, c.unit, c.since
        ON CONFLICT DO NOTHING RETURNING 1
    )
    SELECT count(*) FROM claimed
"""


async def insert(tx: Tx, booking: Booking, token_hash: bytes, seating: AllocationRow) -> bool:
    """Add a booking with its claims, people and decision; False when a claim was already taken.

    The database, not this code, guarantees that no two claims overlap: a claim that would is left out,
    and the caller undoes the rest. Claims go in one order, so that two bookings cannot wait for each
    other.
    """
    row = await tx.row(
        """
        WITH booking AS (
            INSERT INTO bookings (org_id, id, resource_id, status, starts_at, ends_at, time_zone,
                booker_name, booker_email, goal_text, consent_recording, meeting_url, price, currency,
                policy, locale, token_hash, expires_at, created_at, updated_at, phone, location_details,
                answers, choice, claimed, link_id, series_id, series_at, is_exception, local_start, lapses_at)
            VALUES (%(org)s, %(id)s, %(resource)s, %(status)s, %(starts_at)s, %(ends_at)s, %(time_zone)s,
                %(name)s, %(email)s, %(goal)s, %(consent)s, %(meeting_url)s, %(price)s, %(currency)s,
                %(policy)s, %(locale)s, %(token_hash)s, %(expires_at)s, %(now)s, %(now)s, %(phone)s,
                %(location_details)s, %(answers)s, %(choice)s, %(claimed)s, %(link)s, %(series)s,
                %(series_at)s, %(is_exception)s, %(local_start)s, """
        + _LAPSES
        + """)
        """
        + _SEATING,
        {**seating.columns(), **_columns(tx, booking, token_hash), "claimed": seating.count},
    )
    return row is not None and row[0] == len(seating.claims)


def _columns(tx: Tx, booking: Booking, token_hash: bytes) -> dict[str, Any]:
    """A new booking as the parameters of a statement."""
    return {
        "org": tx.org_id,
        "id": booking.id,
        "resource": booking.resource_id,
        "status": booking.status,
        "starts_at": booking.starts_at,
        "ends_at": booking.ends_at,
        "time_zone": booking.time_zone,
        "name": booking.booker_name,
        "email": booking.booker_email,
        "goal": booking.goal_text,
        "consent": booking.consent_recording,
        "meeting_url": booking.meeting_url,
        "price": booking.price,
        "currency": booking.currency,
        "policy": Jsonb(booking.policy),
        "locale": booking.locale,
        "token_hash": token_hash,
        "expires_at": booking.expires_at,
        "now": booking.created_at,
        "phone": booking.phone,
        "location_details": booking.location_details,
        "answers": Jsonb(booking.answers),
        "choice": Jsonb(booking.choice),
        "link": booking.link_id,
        "series": booking.series_id,
        "series_at": booking.series_at,
        "is_exception": booking.is_exception,
        "local_start": wall(booking.starts_at, booking.time_zone),
    }


def wall(at: datetime, zone: str) -> datetime:
    """What a clock on the wall of a zone shows, without the zone."""
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


async def update_allocation(tx: Tx, booking: Booking, seating: AllocationRow, now: datetime) -> bool:
    """Give a booking other claims, times and hosts; False when a claim was already taken.

    Its old claims and hosts must have been removed before.
    """
    row = await tx.row(
        """
        WITH booking AS (
            UPDATE bookings SET status = %(status)s, starts_at = %(starts_at)s, ends_at = %(ends_at)s,
                expires_at = %(expires_at)s, revision = revision + 1, updated_at = %(now)s,
                claimed = %(claimed)s, local_start = %(local_start)s, is_exception = %(is_exception)s,
                series_at = %(series_at)s, series_id = %(series)s, resource_id = %(resource)s,
                time_zone = %(time_zone)s, choice = %(choice)s, meeting_url = %(meeting_url)s,
                lapses_at = """
        + _LAPSES
        + """
            WHERE org_id = %(org)s AND id = %(id)s
        """
        + _SEATING,
        {
            **seating.columns(),
            "org": tx.org_id,
            "id": booking.id,
            "resource": booking.resource_id,
            "status": booking.status,
            "starts_at": booking.starts_at,
            "ends_at": booking.ends_at,
            "expires_at": booking.expires_at,
            "now": now,
            "claimed": seating.count,
            "local_start": wall(booking.starts_at, booking.time_zone),
            "is_exception": booking.is_exception,
            "series": booking.series_id,
            "series_at": booking.series_at,
            "time_zone": booking.time_zone,
            "choice": Jsonb(booking.choice),
            "meeting_url": booking.meeting_url,
        },
    )
    return row is not None and row[0] == len(seating.claims)


async def set_person(
    tx: Tx, booking_id: UUID, person: BookerDetails, answers: list[dict[str, Any]] | None, now: datetime
) -> None:
    """Write who books into a booking, and their answers if they gave new ones."""
    await tx.run(
        """
        WITH former AS (
            DELETE FROM participants WHERE org_id = %(org)s AND booking_id = %(id)s
                AND role = 'booker' AND email <> %(email)s
        ), booker AS (
            INSERT INTO participants (org_id, booking_id, role, name, email)
            VALUES (%(org)s, %(id)s, 'booker', %(name)s, %(email)s)
            ON CONFLICT (org_id, booking_id, role, email) DO UPDATE SET name = excluded.name
        )
        UPDATE bookings SET booker_name = %(name)s, booker_email = %(email)s, goal_text = %(goal)s,
            consent_recording = %(consent)s, locale = %(locale)s, updated_at = %(now)s,
            phone = %(phone)s, location_details = %(location_details)s,
            answers = coalesce(%(answers)s, answers)
        WHERE org_id = %(org)s AND id = %(id)s
        """,
        {
            "org": tx.org_id,
            "id": booking_id,
            "name": person.name,
            "email": person.email,
            "goal": person.goal_text,
            "consent": person.consent_recording,
            "locale": person.locale,
            "phone": person.phone,
            "location_details": person.location_details,
            "answers": None if answers is None else Jsonb(answers),
            "now": now,
        },
    )


async def set_status(tx: Tx, booking_id: UUID, status: Status, now: datetime) -> None:
    """Move a booking to a state. Only a hold, or one that waits for a decision, has an end of its own."""
    await tx.run(
        """
        UPDATE bookings SET status = %(status)s, expires_at = NULL, revision = revision + 1,
            updated_at = %(now)s, lapses_at = (
                SELECT least(CASE WHEN bookings.starts_at > %(now)s THEN bookings.starts_at END,
                    %(now)s + make_interval(hours => coalesce((o.settings->>'approval_hours')::int, 72)))
                FROM organizations o WHERE o.id = %(org)s AND %(status)s = 'pending')
        WHERE org_id = %(org)s AND id = %(id)s
        """,
        {"org": tx.org_id, "id": booking_id, "status": status, "now": now},
    )


async def end(tx: Tx, booking_id: UUID, kind: EndKind, by: ActorRole, reason: str, now: datetime) -> None:
    """Cancel a booking, with how it ended, who ended it and why."""
    await tx.run(
        """
        UPDATE bookings SET status = 'cancelled', expires_at = NULL, lapses_at = NULL, end_kind = %(kind)s,
            ended_by = %(by)s, end_reason = %(reason)s, revision = revision + 1, updated_at = %(now)s
        WHERE org_id = %(org)s AND id = %(id)s
        """,
        {"org": tx.org_id, "id": booking_id, "kind": kind, "by": by, "reason": reason, "now": now},
    )


async def set_notes(tx: Tx, booking_id: UUID, notes: str, now: datetime) -> None:
    """What the staff write about it, for themselves."""
    await tx.run(
        "UPDATE bookings SET notes = %s, updated_at = %s WHERE org_id = %s AND id = %s",
        (notes, now, tx.org_id, booking_id),
    )


async def get(tx: Tx, booking_id: UUID, *, lock: bool = False) -> Booking | None:
    """One booking; `lock` keeps others from changing it until the end of the transaction."""
    if lock:
        await tx.run(
            "SELECT 1 FROM bookings WHERE org_id = %s AND id = %s FOR UPDATE", (tx.org_id, booking_id)
        )
    row = await tx.row(BOOKING + "WHERE b.org_id = %s AND b.id = %s", (tx.org_id, booking_id))
    return booking_of(row) if row else None


async def by_token(tx: Tx, token_hash: bytes) -> Booking | None:
    """The booking whose token has this hash."""
    row = await tx.row(BOOKING + "WHERE b.org_id = %s AND b.token_hash = %s", (tx.org_id, token_hash))
    if row is None or not hmac.compare_digest(bytes(row[-1]), token_hash):
        return None
    return booking_of(row)


def booking_of(row: Row) -> Booking:
    """A row of BOOKING as a booking."""
    *columns, location, participants, _ = row
    columns[4] = Status(columns[4])
    columns[19] = EndKind(columns[19]) if columns[19] else None
    columns[20] = ActorRole(columns[20]) if columns[20] else None
    people = tuple(
        Participant(role, name, email, UUID(host) if host else None)
        for role, name, email, host in participants
    )
    facts: tuple[Any, ...] = (*columns, location, people)  # BOOKING has the order of the fields
    return Booking(*facts)


async def of_series(tx: Tx, series_id: UUID, *, lock: bool = False) -> list[Booking]:
    """The bookings of a series by date; `lock` keeps others from changing them meanwhile."""
    if lock:
        await tx.run(
            "SELECT 1 FROM bookings WHERE org_id = %s AND series_id = %s ORDER BY id FOR UPDATE",
            (tx.org_id, series_id),
        )
    rows = await tx.rows(
        BOOKING + "WHERE b.org_id = %s AND b.series_id = %s ORDER BY b.series_at, b.id",
        (tx.org_id, series_id),
    )
    return [booking_of(row) for row in rows]
