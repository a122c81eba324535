"""Who is in a booking. A person who is replaced hands their row, and its id, to whoever takes their place."""

from collections.abc import Sequence
from uuid import UUID

from infra24.bookings import participant_queries as queries
from infra24.bookings.model import Booking, Participant
from infra24.bookings.states import ParticipantRole
from infra24.db import Statement, Tx


def exchange_hosts(tx: Tx, booking: Booking, hosts: Sequence[Participant]) -> list[Statement]:
    """Statements that make these the hosts of a booking: who stays keeps their row, a new host takes a
    former one's."""
    former = [p for p in booking.participants if p.role is ParticipantRole.HOST]
    return _exchange(tx, booking.id, former, hosts)


def set_booker(tx: Tx, booking: Booking, name: str, email: str) -> list[Statement]:
    """Statements that make someone the booker of a booking."""
    return _exchange(tx, booking.id, booking.bookers, [Participant(ParticipantRole.BOOKER, name, email)])


def _exchange(
    tx: Tx, booking_id: UUID, former: Sequence[Participant], wanted: Sequence[Participant]
) -> list[Statement]:
    staying = {p.resource_id: p for p in former if p.resource_id}
    stays = [(staying[p.resource_id], p) for p in wanted if p.resource_id in staying]
    left = [p for p in former if p not in [one for one, _ in stays]]
    come = [p for p in wanted if p not in [one for _, one in stays]]
    follow = list(zip(left, come, strict=False))
    statements = [queries.update(tx, booking_id, was.id, now_is) for was, now_is in (*stays, *follow)]
    if come[len(follow) :]:
        statements.append(queries.insert(tx, booking_id, come[len(follow) :]))
    if left[len(follow) :]:
        statements.append(queries.delete(tx, booking_id, [p.id for p in left[len(follow) :]]))
    return statements
