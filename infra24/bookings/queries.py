"""Every SQL statement about bookings."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import orjson
from psycopg.types.json import Jsonb

from infra24.availability import Decision
from infra24.bookings.model import Booking, Participant, Person, Status
from infra24.db import Row, Tx

_BOOKING: LiteralString = """
    SELECT b.org_id, b.id, b.resource_id, r.title, b.status, b.starts_at, b.ends_at, b.time_zone,
        b.booker_name, b.booker_email, b.goal_text, b.consent_recording, b.meeting_url, b.price,
        b.currency, b.policy, b.locale, b.expires_at, b.revision, b.cancelled_because, b.created_at,
        b.updated_at, coalesce(nullif(concat_ws(', ', l.name, nullif(l.address, '')), ''), ''),
        (SELECT coalesce(json_agg(json_build_array(p.role, p.name, p.email, p.resource_id)
                ORDER BY p.role, p.name), '[]')
            FROM participants p WHERE (p.org_id, p.booking_id) = (b.org_id, b.id)),
        b.token_hash
    FROM bookings b JOIN resources r ON (r.org_id, r.id) = (b.org_id, b.resource_id)
        LEFT JOIN locations l ON (l.org_id, l.id) = (r.org_id, r.location_id)
"""

_SEATING: LiteralString = """
    ), people AS (
        INSERT INTO participants (org_id, booking_id, role, name, email, resource_id)
        SELECT %(org)s, %(id)s, p.role, p.name, p.email, p.resource_id
        FROM unnest(%(roles)s::text[], %(names)s::text[], %(emails)s::text[], %(hosts)s::uuid[])
            AS p (role, name, email, resource_id)
    ), decided AS (
        INSERT INTO decisions (org_id, booking_id, made_at, pooling, chosen, candidates)
        SELECT %(org)s, %(id)s, %(now)s, %(pooling)s, %(chosen)s, %(candidates)s
        WHERE %(pooling)s::text IS NOT NULL
        ON CONFLICT (org_id, booking_id, made_at) DO NOTHING
    ), claimed AS (
        INSERT INTO claims (org_id, booking_id, resource_id, unit, starts_at, ends_at, booked_at,
            expires_at)
        SELECT %(org)s, %(id)s, c.resource_id, c.unit, %(claim_from)s, %(claim_to)s, %(starts_at)s,
            %(expires_at)s
        FROM unnest(%(members)s::uuid[], %(units)s::smallint[]) AS c (resource_id, unit)
        ORDER BY c.resource_id, c.unit
        ON CONFLICT DO NOTHING RETURNING 1
    )
    SELECT count(*) FROM claimed
"""


@dataclass(frozen=True, slots=True)
class Seating:
    """What a booking occupies and who comes into it: (resource, unit) claimed for a span, and why these."""

    claims: Sequence[tuple[UUID, int]]
    since: datetime
    until: datetime
    people: Sequence[Participant]
    decision: Decision | None

    def columns(self) -> dict[str, Any]:
        """As the parameters of a statement."""
        decision = self.decision
        return {
            "members": [member for member, _ in self.claims],
            "units": [unit for _, unit in self.claims],
            "claim_from": self.since,
            "claim_to": self.until,
            "roles": [p.role for p in self.people],
            "names": [p.name for p in self.people],
            "emails": [p.email for p in self.people],
            "hosts": [p.resource_id for p in self.people],
            "pooling": decision.pooling if decision else None,
            "chosen": [p.resource_id for p in self.people if p.role == "host"],
            "candidates": Jsonb(decision.inputs() if decision else [], dumps=orjson.dumps),
        }


async def look(
    tx: Tx,
    resource_id: UUID,
    members: Sequence[UUID],
    span: tuple[datetime, datetime],
    since: datetime,
    now: datetime,
    ignoring: UUID | None,
) -> Row | None:
    """The version of an offer and the claims on its members that overlap a span.

    `since` is the span's start less the longest claim, which lets the b-tree bound the read. One row:
    the version, then parallel arrays of member (1-based), unit, start, end, the booking's start (seconds
    since 1970), and how many expired claims of holds stand there.
    """
    return await tx.row(
        """
        SELECT r.version, c.member, c.unit, c.starts, c.ends, c.booked, c.expired
        FROM resources r CROSS JOIN LATERAL (
            SELECT
                array_agg(array_position(%(members)s, c.resource_id)) FILTER (WHERE live) AS member,
                array_agg(c.unit) FILTER (WHERE live) AS unit,
                array_agg(extract(epoch FROM c.starts_at)::bigint) FILTER (WHERE live) AS starts,
                array_agg(extract(epoch FROM c.ends_at)::bigint) FILTER (WHERE live) AS ends,
                array_agg(extract(epoch FROM c.booked_at)::bigint) FILTER (WHERE live) AS booked,
                count(*) FILTER (WHERE NOT live) AS expired
            FROM (
                SELECT resource_id, unit, starts_at, ends_at, booked_at,
                    expires_at IS NULL OR expires_at > %(now)s AS live
                FROM claims
                WHERE org_id = %(org)s AND resource_id = ANY(%(members)s)
                    AND starts_at < %(to)s AND starts_at > %(since)s AND ends_at > %(from)s
                    AND (%(ignoring)s::uuid IS NULL OR booking_id <> %(ignoring)s)
            ) c
        ) c
        WHERE r.org_id = %(org)s AND r.id = %(resource)s
        """,
        {
            "org": tx.org_id,
            "resource": resource_id,
            "members": list(members),
            "from": span[0],
            "to": span[1],
            "since": since,
            "now": now,
            "ignoring": ignoring,
        },
    )


async def assigned(tx: Tx, resource_id: UUID) -> dict[UUID, tuple[int, int]]:
    """How often each host was chosen, and when last (seconds since 1970)."""
    rows = await tx.rows(
        """
        SELECT host_id, assigned, coalesce(extract(epoch FROM assigned_at), 0)::bigint
        FROM resource_hosts WHERE org_id = %s AND resource_id = %s
        """,
        (tx.org_id, resource_id),
    )
    return {host: (count, last) for host, count, last in rows}


async def note_assigned(tx: Tx, resource_id: UUID, hosts: Sequence[UUID], now: datetime) -> None:
    """These hosts were chosen once more."""
    await tx.run(
        """
        UPDATE resource_hosts SET assigned = assigned + 1, assigned_at = %s
        WHERE org_id = %s AND resource_id = %s AND host_id = ANY(%s)
        """,
        (now, tx.org_id, resource_id, list(hosts)),
    )


async def remove_expired_claims(
    tx: Tx, members: Sequence[UUID], since: datetime, until: datetime, now: datetime
) -> None:
    """Remove what expired holds left on these members between two instants."""
    await tx.run(
        """
        DELETE FROM claims WHERE org_id = %s AND resource_id = ANY(%s)
            AND starts_at < %s AND starts_at > %s AND expires_at <= %s
        """,
        (tx.org_id, list(members), until, since, now),
    )


async def insert(tx: Tx, booking: Booking, token_hash: bytes, seating: Seating) -> bool:
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
                policy, locale, token_hash, expires_at, created_at, updated_at)
            VALUES (%(org)s, %(id)s, %(resource)s, %(status)s, %(starts_at)s, %(ends_at)s, %(time_zone)s,
                %(name)s, %(email)s, %(goal)s, %(consent)s, %(meeting_url)s, %(price)s, %(currency)s,
                %(policy)s, %(locale)s, %(token_hash)s, %(expires_at)s, %(now)s, %(now)s)
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
        },
    )
    return row is not None and row[0] == len(seating.claims)


async def reseat(tx: Tx, booking: Booking, seating: Seating, now: datetime) -> bool:
    """Give a booking other claims, times and hosts; False when a claim was already taken.

    Its old claims and hosts must have been removed before.
    """
    row = await tx.row(
        """
        WITH booking AS (
            UPDATE bookings SET status = %(status)s, starts_at = %(starts_at)s, ends_at = %(ends_at)s,
                expires_at = %(expires_at)s, revision = revision + 1, updated_at = %(now)s
            WHERE org_id = %(org)s AND id = %(id)s
        """
        + _SEATING,
        {
            **seating.columns(),
            "org": tx.org_id,
            "id": booking.id,
            "status": booking.status,
            "starts_at": booking.starts_at,
            "ends_at": booking.ends_at,
            "expires_at": booking.expires_at,
            "now": now,
        },
    )
    return row is not None and row[0] == len(seating.claims)


async def unseat(tx: Tx, booking_id: UUID, *, hosts_too: bool) -> None:
    """Release everything that a booking claims; with `hosts_too` its hosts leave it as well."""
    await tx.run("DELETE FROM claims WHERE org_id = %s AND booking_id = %s", (tx.org_id, booking_id))
    if hosts_too:
        await tx.run(
            "DELETE FROM participants WHERE org_id = %s AND booking_id = %s AND role = 'host'",
            (tx.org_id, booking_id),
        )


async def keep_claims(tx: Tx, booking_id: UUID) -> int:
    """Make the claims of a hold permanent; how many there still are."""
    return await tx.run(
        "UPDATE claims SET expires_at = NULL WHERE org_id = %s AND booking_id = %s",
        (tx.org_id, booking_id),
    )


async def set_person(tx: Tx, booking_id: UUID, person: Person, now: datetime) -> None:
    """Write who books into a booking."""
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
            consent_recording = %(consent)s, locale = %(locale)s, updated_at = %(now)s
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
            "now": now,
        },
    )


async def set_status(
    tx: Tx, booking_id: UUID, status: Status, now: datetime, because: str | None = None
) -> None:
    """Move a booking to a state. Nothing but a hold has an end of its own."""
    await tx.run(
        """
        UPDATE bookings SET status = %s, expires_at = NULL, cancelled_because = %s,
            revision = revision + 1, updated_at = %s
        WHERE org_id = %s AND id = %s
        """,
        (status, because, now, tx.org_id, booking_id),
    )


async def get(tx: Tx, booking_id: UUID, *, lock: bool = False) -> Booking | None:
    """One booking; `lock` keeps others from changing it until the end of the transaction."""
    if lock:
        await tx.run(
            "SELECT 1 FROM bookings WHERE org_id = %s AND id = %s FOR UPDATE", (tx.org_id, booking_id)
        )
    row = await tx.row(_BOOKING + "WHERE b.org_id = %s AND b.id = %s", (tx.org_id, booking_id))
    return _booking(row) if row else None


async def by_token(tx: Tx, token_hash: bytes) -> Booking | None:
    """The booking whose token has this hash."""
    row = await tx.row(_BOOKING + "WHERE b.org_id = %s AND b.token_hash = %s", (tx.org_id, token_hash))
    if row is None or not hmac.compare_digest(bytes(row[-1]), token_hash):
        return None
    return _booking(row)


async def listed(tx: Tx, filters: dict[str, Any]) -> list[Booking]:
    """Bookings by time, from a place in the list on; holds only when asked for by status."""
    rows = await tx.rows(
        _BOOKING
        + """
        WHERE b.org_id = %(org)s AND (b.starts_at, b.id) > (%(after_at)s, %(after_id)s)
            AND b.starts_at < %(until)s
            AND (%(status)s::text IS NULL AND b.status <> 'hold' OR b.status = %(status)s)
            AND (%(resource)s::uuid IS NULL OR b.resource_id = %(resource)s)
            AND (%(text)s::text IS NULL OR b.booker_email ILIKE %(text)s OR b.booker_name ILIKE %(text)s)
        ORDER BY b.starts_at, b.id LIMIT %(limit)s
        """,
        {**filters, "org": tx.org_id},
    )
    return [_booking(row) for row in rows]


async def on_members(
    tx: Tx, members: Sequence[UUID], start: datetime, end: datetime, since: datetime, now: datetime
) -> list[Row]:
    """The claims on these members that overlap a range, with whose they are: for staff."""
    return await tx.rows(
        """
        SELECT c.resource_id, c.booking_id, b.status, b.booker_name, r.title, b.starts_at, b.ends_at
        FROM claims c JOIN bookings b ON (b.org_id, b.id) = (c.org_id, c.booking_id)
            JOIN resources r ON (r.org_id, r.id) = (b.org_id, b.resource_id)
        WHERE c.org_id = %s AND c.resource_id = ANY(%s) AND c.starts_at < %s AND c.starts_at > %s
            AND c.ends_at > %s AND (c.expires_at IS NULL OR c.expires_at > %s)
        ORDER BY c.starts_at, c.resource_id
        """,
        (tx.org_id, list(members), end, since, start, now),
    )


async def upcoming(tx: Tx, resource_id: UUID, now: datetime, limit: int) -> list[Booking]:
    """The bookings of a resource, or hosted by a person, that are still to come and hold their time."""
    rows = await tx.rows(
        _BOOKING
        + """
        WHERE b.org_id = %(org)s AND b.ends_at > %(now)s AND b.status IN ('pending', 'confirmed')
            AND (b.resource_id = %(id)s OR EXISTS (
                SELECT 1 FROM participants h WHERE h.org_id = %(org)s AND h.booking_id = b.id
                    AND h.resource_id = %(id)s))
        ORDER BY b.starts_at, b.id LIMIT %(limit)s
        """,
        {"org": tx.org_id, "id": resource_id, "now": now, "limit": limit},
    )
    return [_booking(row) for row in rows]


async def lock_booker(tx: Tx, email: str) -> None:
    """One booking at a time by one booker, until the end of the transaction."""
    await tx.run("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"{tx.org_id} {email}",))


async def count_of_booker(
    tx: Tx, resource_id: UUID, email: str, start: datetime, end: datetime, ignoring: UUID | None
) -> int:
    """How many bookings of a resource a booker has that begin in a range."""
    row = await tx.row(
        """
        SELECT count(*) FROM bookings WHERE org_id = %s AND booker_email = %s AND resource_id = %s
            AND starts_at >= %s AND starts_at < %s AND id IS DISTINCT FROM %s
            AND status IN ('pending', 'confirmed', 'completed')
        """,
        (tx.org_id, email, resource_id, start, end, ignoring),
    )
    return int(row[0]) if row else 0


def _booking(row: Row) -> Booking:
    *columns, location, participants, _ = row
    columns[4] = Status(columns[4])
    people = tuple(
        Participant(role, name, email, UUID(host) if host else None)
        for role, name, email, host in participants
    )
    facts: tuple[Any, ...] = (*columns, location, people)  # _BOOKING has the order of the fields
    return Booking(*facts)
