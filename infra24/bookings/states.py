"""States of a booking, which may follow which, and the kinds of bookings, ends and people."""

from collections.abc import Mapping
from enum import StrEnum


class Status(StrEnum):
    """Where a booking stands."""

    HOLD = "hold"
    PENDING = "pending"
    CONFIRMED = "confirmed"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"


TRANSITIONS: Mapping[Status, frozenset[Status]] = {
    Status.HOLD: frozenset({Status.PENDING, Status.CONFIRMED, Status.CANCELLED}),
    Status.PENDING: frozenset({Status.CONFIRMED, Status.CANCELLED}),
    Status.CONFIRMED: frozenset({Status.PENDING, Status.COMPLETED, Status.NO_SHOW, Status.CANCELLED}),
    Status.COMPLETED: frozenset({Status.NO_SHOW}),
    Status.NO_SHOW: frozenset({Status.COMPLETED}),
    Status.CANCELLED: frozenset({Status.HOLD}),
}
"""The legal moves. What was cancelled stays cancelled: book again; only a hold that was released or expired
can be confirmed after all, if its time is free. What is confirmed is pending again when its booker moves it
to a time that must be approved."""


MOVABLE = frozenset({Status.PENDING, Status.CONFIRMED})
"""Which bookings can be moved to another time."""


class BookingKind(StrEnum):
    """What a booking is: an appointment, a session of a workshop, time that staff block."""

    APPOINTMENT = "appointment"
    SESSION = "session"
    BLOCK = "block"


class ParticipantRole(StrEnum):
    """What a person is in a booking."""

    BOOKER = "booker"
    HOST = "host"
    ATTENDEE = "attendee"
    GUEST = "guest"


class ActorRole(StrEnum):
    """Who acts: notice periods bind the booker, not the staff."""

    BOOKER = "booker"
    STAFF = "staff"
    SYSTEM = "system"


class EndKind(StrEnum):
    """How a cancelled booking ended."""

    CANCELLED = "cancelled"
    DECLINED = "declined"
    LAPSED = "lapsed"
    RELEASED = "released"
    EXPIRED = "expired"


class Response(StrEnum):
    """What somebody's calendar answered to an invitation (RFC 5545, PARTSTAT)."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    TENTATIVE = "tentative"
