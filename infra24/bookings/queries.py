"""Every SQL statement about bookings."""

import hmac
from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID
from zoneinfo import ZoneInfo

from psycopg.types.json import Jsonb

from infra24.bookings.claims import Claim
from infra24.bookings.model import BookerDetails, Booking, Participant
from infra24.bookings.states import ActorRole, BookingKind, EndKind, ParticipantRole, Status
from infra24.db import Row, Statement, Tx

BOOKING: LiteralString = """
    SELECT b.org_id, b.id, b.kind, b.resource_id, r.title, b.status, b.starts_at, b.ends_at, b.time_zone,
        b.booker_name, b.booker_email, b.goal_text, b.consent_recording, b.meeting_url, b.price,
        b.currency, b.cancel_notice_minutes, b.reschedule_notice_minutes, b.locale, b.expires_at,
        b.revision, b.end_kind, b.ended_by, b.end_reason,
        b.created_at, b.updated_at, b.phone, b.location_details, b.answers, b.choice, b.claim_count,
        b.link_id, b.series_id, b.series_at, b.is_exception, b.local_start,
        CASE WHEN b.status = 'pending' THEN (SELECT min(q.due_at) FROM booking_requirements q
            WHERE q.org_id = b.org_id AND q.booking_id = b.id AND q.met_at IS NULL) END,
        b.notes,
        coalesce(nullif(concat_ws(', ', l.name, nullif(l.address, '')), ''), ''),
        b.wants_texts, b.booker_zone,
        (SELECT coalesce(json_agg(json_build_array(p.role, p.name, p.email, p.resource_id, p.id,
                    p.response, p.response_revision)
                ORDER BY p.role, p.name), '[]')
            FROM participants p WHERE (p.org_id, p.booking_id) = (b.org_id, b.id)),
        b.token_hash
    FROM bookings b JOIN resources r ON (r.org_id, r.id) = (b.org_id, b.resource_id)
        LEFT JOIN locations l ON (l.org_id, l.id) = (r.org_id, r.location_id)
"""


async def insert(
    tx: Tx, booking: Booking, token_hash: bytes, hosts: Sequence[Participant], claims: Sequence[Claim]
) -> bool:
    """Add a booking with its people and claims; False when a claim was already taken.

    The database, not this code, guarantees that no two claims overlap: a claim that would is left out,
    and the caller undoes the rest. Claims go in one order, so that two bookings cannot wait for each
    other. One statement: the same rows by several took the client a millisecond more (ADR 30).
    """
    people = (*booking.bookers, *hosts)
    row = await tx.row(
        """
        WITH booking AS (
            INSERT INTO bookings (org_id, id, kind, resource_id, status, starts_at, ends_at, time_zone,
                booker_name, booker_email, goal_text, consent_recording, meeting_url, price, currency,
                cancel_notice_minutes, reschedule_notice_minutes, locale, token_hash, expires_at, created_at,
                updated_at, phone, location_details, answers, choice, claim_count, link_id, series_id,
                series_at, is_exception, local_start, wants_texts, booker_zone)
            VALUES (%(org)s, %(id)s, %(kind)s, %(resource)s, %(status)s, %(starts_at)s, %(ends_at)s,
                %(time_zone)s, %(name)s, %(email)s, %(goal)s, %(consent)s, %(meeting_url)s, %(price)s,
                %(currency)s, %(cancel_notice)s, %(reschedule_notice)s, %(locale)s, %(token_hash)s,
                %(expires_at)s, %(now)s, %(now)s, %(phone)s, %(location_details)s, %(answers)s, %(choice)s,
                %(claim_count)s, %(link)s, %(series)s, %(series_at)s, %(is_exception)s, %(local_start)s,
                %(wants_texts)s, %(booker_zone)s)
        ), people AS (
            INSERT INTO participants (org_id, booking_id, id, role, name, email, resource_id)
            SELECT %(org)s, %(id)s, p.id, p.role, p.name, p.email, p.resource_id
            FROM unnest(%(people)s::uuid[], %(roles)s::text[], %(names)s::text[], %(emails)s::text[],
                %(hosts)s::uuid[]) AS p (id, role, name, email, resource_id)
            ON CONFLICT DO NOTHING
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
        """,
        {
            **_columns(tx, booking, token_hash),
            "people": [p.id for p in people],
            "roles": [p.role for p in people],
            "names": [p.name for p in people],
            "emails": [p.email for p in people],
            "hosts": [p.resource_id for p in people],
            "members": [claim.resource_id for claim in claims],
            "units": [claim.unit for claim in claims],
            "froms": [claim.since for claim in claims],
            "untils": [claim.until for claim in claims],
            "layouts": [claim.layout for claim in claims],
        },
    )
    return row is not None and row[0] == len(claims)


def _columns(tx: Tx, booking: Booking, token_hash: bytes) -> dict[str, Any]:
    """A new booking as the parameters of a statement."""
    return {
        "org": tx.org_id,
        "id": booking.id,
        "kind": booking.kind,
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
        "cancel_notice": booking.cancel_notice_minutes,
        "reschedule_notice": booking.reschedule_notice_minutes,
        "locale": booking.locale,
        "token_hash": token_hash,
        "expires_at": booking.expires_at,
        "now": booking.created_at,
        "phone": booking.phone,
        "location_details": booking.location_details,
        "answers": Jsonb(booking.answers),
        "choice": Jsonb(booking.choice),
        "claim_count": booking.claim_count,
        "link": booking.link_id,
        "series": booking.series_id,
        "series_at": booking.series_at,
        "is_exception": booking.is_exception,
        "local_start": wall(booking.starts_at, booking.time_zone),
        "wants_texts": booking.wants_texts,
        "booker_zone": booking.booker_zone,
    }


def wall(at: datetime, zone: str) -> datetime:
    """What a clock on the wall of a zone shows, without the zone."""
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def update_time(tx: Tx, booking: Booking, now: datetime) -> Statement:
    """Write when and where a booking is now, and its state: its row alone."""
    return Statement(
        """
        UPDATE bookings SET status = %(status)s, starts_at = %(starts_at)s, ends_at = %(ends_at)s,
            expires_at = %(expires_at)s, revision = revision + 1, updated_at = %(now)s,
            claim_count = %(claim_count)s, local_start = %(local_start)s, is_exception = %(is_exception)s,
            series_at = %(series_at)s, series_id = %(series)s, resource_id = %(resource)s,
            time_zone = %(time_zone)s, choice = %(choice)s, meeting_url = %(meeting_url)s
        WHERE org_id = %(org)s AND id = %(id)s
        """,
        {
            "org": tx.org_id,
            "id": booking.id,
            "resource": booking.resource_id,
            "status": booking.status,
            "starts_at": booking.starts_at,
            "ends_at": booking.ends_at,
            "expires_at": booking.expires_at,
            "now": now,
            "claim_count": booking.claim_count,
            "local_start": wall(booking.starts_at, booking.time_zone),
            "is_exception": booking.is_exception,
            "series": booking.series_id,
            "series_at": booking.series_at,
            "time_zone": booking.time_zone,
            "choice": Jsonb(booking.choice),
            "meeting_url": booking.meeting_url,
        },
    )


async def set_person(
    tx: Tx, booking_id: UUID, person: BookerDetails, answers: list[dict[str, Any]] | None, now: datetime
) -> None:
    """Write who books into a booking, and their answers if they gave new ones."""
    await tx.run(
        """
        UPDATE bookings SET booker_name = %(name)s, booker_email = %(email)s, goal_text = %(goal)s,
            consent_recording = %(consent)s, locale = %(locale)s, updated_at = %(now)s,
            phone = %(phone)s, location_details = %(location_details)s, wants_texts = %(wants_texts)s,
            booker_zone = %(booker_zone)s,
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
            "wants_texts": person.wants_texts,
            "booker_zone": person.zone,
            "answers": None if answers is None else Jsonb(answers),
            "now": now,
        },
    )


async def set_status(tx: Tx, booking_id: UUID, status: Status, now: datetime) -> None:
    """Move a booking to a state. Only a hold expires."""
    await tx.run(
        """
        UPDATE bookings SET status = %(status)s, expires_at = NULL, revision = revision + 1,
            updated_at = %(now)s
        WHERE org_id = %(org)s AND id = %(id)s
        """,
        {"org": tx.org_id, "id": booking_id, "status": status, "now": now},
    )


async def end(tx: Tx, booking_id: UUID, kind: EndKind, by: ActorRole, reason: str, now: datetime) -> None:
    """Cancel a booking, with how it ended, who ended it and why."""
    await tx.run(
        """
        UPDATE bookings SET status = 'cancelled', expires_at = NULL, end_kind = %(kind)s,
            ended_by = %(by)s, end_reason = %(reason)s, revision = revision + 1, updated_at = %(now)s
        WHERE org_id = %(org)s AND id = %(id)s
        """,
        {"org": tx.org_id, "id": booking_id, "kind": kind, "by": by, "reason": reason, "now": now},
    )


async def reopen_hold(tx: Tx, booking_id: UUID, now: datetime) -> None:
    """Make what ended as a hold a hold again, one that has expired by now."""
    await tx.run(
        """
        UPDATE bookings SET status = 'hold', expires_at = %(now)s, end_kind = NULL, ended_by = NULL,
            end_reason = '', revision = revision + 1, updated_at = %(now)s
        WHERE org_id = %(org)s AND id = %(id)s
        """,
        {"org": tx.org_id, "id": booking_id, "now": now},
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
    columns[2] = BookingKind(columns[2])
    columns[5] = Status(columns[5])
    columns[21] = EndKind(columns[21]) if columns[21] else None
    columns[22] = ActorRole(columns[22]) if columns[22] else None
    people = tuple(
        Participant(ParticipantRole(role), name, email, UUID(host) if host else None, UUID(id_), *answered)
        for role, name, email, host, id_, *answered in participants
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
