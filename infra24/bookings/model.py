"""A booking, its states and legal moves, and the ways in which one is refused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from infra24.availability import Limit, Reason
from infra24.bookings.states import (
    MOVABLE,
    TRANSITIONS,
    ActorRole,
    BookingKind,
    EndKind,
    ParticipantRole,
    Status,
)
from infra24.errors import Conflict, Forbidden, Invalid, Message, NotFound


class UnknownBooking(NotFound):
    """Booking not found. Check the link in your confirmation."""


class SlotTaken(Conflict):
    """Someone else just took that time. Choose another."""

    def __init__(self, reasons: Sequence[Reason] = ()) -> None:
        self.reasons = tuple(reasons)
        told: dict[str, Any] = {"reasons": [reason.told for reason in reasons]} if reasons else {}
        super().__init__(**told)


class SlotNotOffered(Conflict):
    """That time is not offered."""

    def __init__(self, reasons: Sequence[Reason]) -> None:
        self.reasons = tuple(reasons)
        sentences = dict.fromkeys(reason.sentence for reason in self.reasons)
        named = {f"reason_{number}": sentence for number, sentence in enumerate(sentences)}
        listed = Message(" ".join(f"%({name})s" for name in named), **named) if named else None
        super().__init__(listed, reasons=[reason.told for reason in self.reasons])


class LimitReached(SlotNotOffered):
    """As much is booked as the rules allow. Choose another day."""


class BookerLimit(Conflict):
    """This person has reached the booking limit for this period. Choose another day."""

    def __init__(self, limit: Limit) -> None:
        self.reasons = (limit.reason,)
        super().__init__(limit.reason.sentence, reasons=[limit.reason.told])


_STATES = {
    "hold": Message("held"),
    "pending": Message("pending"),
    "confirmed": Message("confirmed"),
    "cancelled": Message("cancelled"),
    "completed": Message("completed"),
    "no_show": Message("a no-show"),
    "declined": Message("declined"),
    "moved": Message("moved"),
    "changed": Message("changed"),
}


class IllegalTransition(Conflict):
    """A booking in this state cannot be changed like that."""

    def __init__(self, status: Status, wanted: str) -> None:
        state, next_ = _STATES[status], _STATES[wanted]
        message = Message("This booking is %(state)s and cannot be %(wanted)s.", state=state, wanted=next_)
        if status is Status.HOLD and wanted in ("moved", "changed"):
            message = Message("This time is only held. Confirm the booking before you change it.")
        super().__init__(message, current=str(status))


class TooLate(Conflict):
    """It is too late to change this booking online."""

    def __init__(self, message: Message) -> None:
        notice: timedelta = message.parameters["notice"]
        super().__init__(message, notice_minutes=int(notice.total_seconds()) // 60)


class StaffOnly(Forbidden):
    """Only staff can do this."""


class DecisionNotAllowed(Forbidden):
    """You may not approve or decline bookings. Ask someone who may."""


class ResourceNotEligible(Conflict):
    """This booking cannot go there."""

    def __init__(self, title: str) -> None:
        message = Message(
            "This booking cannot be moved to %(title)s. Choose a resource it can use.", title=title
        )
        super().__init__(message)


class TooEarly(Conflict):
    """This booking has not started yet. Mark it as completed or a no-show after it starts."""


class HoldOver(Conflict):
    """Your hold on this time has expired. Choose a time again."""


class EndsBeforeItStarts(Invalid):
    """The end is not after the start."""


@dataclass(frozen=True, slots=True)
class BookerDetails:
    """Who books: as they write themselves. `answers` None: they were not asked (yet). `wants_texts`: they
    asked for texts about this booking, to `phone`. `zone`: the time zone that they see times in."""

    name: str
    email: str
    goal_text: str = ""
    consent_recording: bool = False
    locale: str = ""
    phone: str = ""
    location_details: str = ""
    answers: Mapping[str, Any] | None = None
    wants_texts: bool = False
    zone: str = ""


@dataclass(frozen=True, slots=True)
class Participant:
    """A person in a booking. Several may share an e-mail; a host is a resource.

    `response` is what their calendar answered to the invitation to a revision of the booking.
    """

    role: ParticipantRole
    name: str
    email: str
    resource_id: UUID | None = None
    id: UUID = field(default_factory=uuid4)
    response: str = ""
    response_revision: int | None = None


@dataclass(frozen=True, slots=True)
class Booking:
    """A use of resources for a time. Price (in minor units) and notice are as they were when it was made."""

    org_id: UUID
    id: UUID
    kind: BookingKind
    resource_id: UUID
    resource_title: str
    status: Status
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    booker_name: str
    booker_email: str
    goal_text: str
    consent_recording: bool
    meeting_url: str
    price: int
    currency: str
    cancel_notice_minutes: int
    reschedule_notice_minutes: int
    locale: str
    expires_at: datetime | None
    revision: int
    end_kind: EndKind | None
    ended_by: ActorRole | None
    end_reason: str
    created_at: datetime
    updated_at: datetime
    phone: str
    location_details: str
    answers: list[dict[str, Any]]
    choice: dict[str, Any]
    claim_count: int | None
    link_id: UUID | None
    series_id: UUID | None
    series_at: datetime | None
    is_exception: bool
    local_start: datetime | None
    request_expires_at: datetime | None
    notes: str
    location: str
    wants_texts: bool
    booker_zone: str
    participants: tuple[Participant, ...] = ()

    @property
    def hosts(self) -> list[str]:
        """The names of those who host it."""
        return [p.name for p in self.participants if p.role is ParticipantRole.HOST]

    @property
    def host_ids(self) -> list[UUID]:
        """The resources of those who host it."""
        return [p.resource_id for p in self.participants if p.resource_id]

    @property
    def bookers(self) -> tuple[Participant, ...]:
        """Whoever booked it: nobody while it is a hold."""
        return tuple(p for p in self.participants if p.role is ParticipantRole.BOOKER)

    @property
    def reference(self) -> str:
        """What people say on the telephone."""
        return self.id.hex[:8].upper()

    @property
    def is_movable(self) -> bool:
        """Whether its state lets it be moved; the notice for changes is another question."""
        return self.status in MOVABLE

    @property
    def is_or_was_hold(self) -> bool:
        """Whether it is a hold, or one that ended before it was confirmed."""
        return self.status is Status.HOLD or self.end_kind in (EndKind.RELEASED, EndKind.EXPIRED)

    @property
    def length(self) -> timedelta:
        return self.ends_at - self.starts_at

    def cancellable_until(self) -> datetime:
        """Until when the booker can cancel it themselves."""
        return self.starts_at - timedelta(minutes=self.cancel_notice_minutes)

    def reschedulable_until(self) -> datetime:
        """Until when the booker can move it themselves."""
        return self.starts_at - timedelta(minutes=self.reschedule_notice_minutes)

    def booker_can_cancel(self, now: datetime) -> bool:
        """Whether its state and its notice let whoever booked cancel it; a hold is let go of at any time."""
        return self.status is Status.HOLD or (self.is_movable and now <= self.cancellable_until())

    def booker_can_move(self, now: datetime) -> bool:
        """Whether its state and its notice let whoever booked move it."""
        return self.is_movable and now <= self.reschedulable_until()

    def check_transition(self, wanted: Status) -> Status:
        """The state that follows. Raises IllegalTransition."""
        possible = TRANSITIONS[self.status]
        if wanted not in possible or (wanted is Status.HOLD and not self.is_or_was_hold):
            raise IllegalTransition(self.status, wanted)
        return wanted

    def facts(self) -> dict[str, Any]:
        """What an event says of it."""
        return {
            "booking_id": str(self.id),
            "resource_id": str(self.resource_id),
            "title": self.resource_title,
            "status": self.status,
            "starts_at": self.starts_at.isoformat(),
            "ends_at": self.ends_at.isoformat(),
            "time_zone": self.time_zone,
            "booker_name": self.booker_name,
            "booker_email": self.booker_email,
            "goal_text": self.goal_text,
            "hosts": self.hosts,
        }
