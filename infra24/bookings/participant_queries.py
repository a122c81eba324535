"""Every SQL statement about the people in bookings."""

from collections.abc import Sequence
from uuid import UUID

from infra24.bookings.model import Participant
from infra24.bookings.states import Response
from infra24.db import Statement, Tx


def insert(tx: Tx, booking_id: UUID, people: Sequence[Participant]) -> Statement:
    """Add people to a booking."""
    return Statement(
        """
        INSERT INTO participants (org_id, booking_id, id, role, name, email, resource_id)
        SELECT %(org)s, %(booking)s, p.id, p.role, p.name, p.email, p.resource_id
        FROM unnest(%(ids)s::uuid[], %(roles)s::text[], %(names)s::text[], %(emails)s::text[],
            %(hosts)s::uuid[]) AS p (id, role, name, email, resource_id)
        ON CONFLICT DO NOTHING
        """,
        {
            "org": tx.org_id,
            "booking": booking_id,
            "ids": [p.id for p in people],
            "roles": [p.role for p in people],
            "names": [p.name for p in people],
            "emails": [p.email for p in people],
            "hosts": [p.resource_id for p in people],
        },
    )


def update(tx: Tx, booking_id: UUID, id_: UUID, now_is: Participant) -> Statement:
    """Put someone in someone's place."""
    return Statement(
        """
        UPDATE participants SET name = %(name)s, email = %(email)s, resource_id = %(host)s,
            response = CASE WHEN email = %(email)s THEN response ELSE '' END
        WHERE org_id = %(org)s AND booking_id = %(booking)s AND id = %(id)s
            AND (name, email, resource_id) IS DISTINCT FROM (%(name)s, %(email)s, %(host)s)
        """,
        {
            "org": tx.org_id,
            "booking": booking_id,
            "id": id_,
            "name": now_is.name,
            "email": now_is.email,
            "host": now_is.resource_id,
        },
    )


def delete(tx: Tx, booking_id: UUID, ids: Sequence[UUID]) -> Statement:
    """Take people out of a booking."""
    return Statement(
        "DELETE FROM participants WHERE org_id = %(org)s AND booking_id = %(booking)s AND id = ANY(%(ids)s)",
        {"org": tx.org_id, "booking": booking_id, "ids": list(ids)},
    )


async def set_response(tx: Tx, booking_id: UUID, email: str, response: Response, revision: int) -> None:
    """What the calendar of an address answered about a revision."""
    await tx.run(
        """
        UPDATE participants SET response = %s, response_revision = %s
        WHERE org_id = %s AND booking_id = %s AND lower(email) = lower(%s)
        """,
        (response, revision, tx.org_id, booking_id, email),
    )
