"""The events of bookings."""

from infra24.events import EventType, Field


def notify_fact(notifies: bool) -> dict[str, bool]:
    """What an event says of whether the booker is told: nothing where they are."""
    return {} if notifies else {"notify": False}


FACTS = (
    Field("booking_id", "the booking"),
    Field("resource_id", "what is booked: a resource or an appointment type"),
    Field("title", "its name"),
    Field("status", "hold, pending, confirmed, completed, cancelled or no_show"),
    Field("starts_at", "when it begins (UTC offset included)"),
    Field("ends_at", "when it ends"),
    Field("time_zone", "the zone in which it is offered"),
    Field("booker_name", "who booked", personal=True),
    Field("booker_email", "their e-mail", personal=True),
    Field("goal_text", "what they want to do", personal=True),
    Field("hosts", "the names of the hosts"),
)
"""What events say of a booking as it is then."""
_BY = Field("by", "who did it: booker, staff or system")
_REASON = Field("reason", "the reason given", personal=True)
_NOTIFY = Field("notify", "false: whoever changed it chose that the booker is not told", optional=True)
_BEFORE = Field("from_status", "its status before", optional=True)
_ENDED = (*FACTS, _BY, _REASON, _BEFORE, _NOTIFY)

HELD = EventType("booking.held", "a time is kept while someone fills in the form", FACTS)
HOLD_EXPIRED = EventType(
    "booking.hold_expired",
    "a time was kept too long without a booking",
    _ENDED,
)
RELEASED = EventType("booking.released", "a kept time was given back", _ENDED)
CREATED = EventType("booking.created", "a booking is confirmed at once", FACTS)
REQUESTED = EventType("booking.requested", "a booking waits for approval", FACTS)
CONFIRMED = EventType("booking.confirmed", "a pending booking was approved", FACTS)
DECLINED = EventType("booking.declined", "a pending booking was declined", _ENDED)
LAPSED = EventType("booking.lapsed", "nobody decided on a pending booking in time", _ENDED)
RESCHEDULED = EventType(
    "booking.rescheduled",
    "it has another time, other hosts or other resources",
    (
        *FACTS,
        _BY,
        _NOTIFY,
        Field("from", "when it began before", optional=True),
        Field("to", "when it begins now", optional=True),
        Field("from_host_ids", "the resources of those who hosted it before", optional=True),
        Field("from_offer_id", "what was booked before", optional=True),
        Field("from_resource_id", "the calendar column that it left", optional=True),
        Field("to_resource_id", "the calendar column that it went to", optional=True),
    ),
)
UPDATED = EventType("booking.updated", "who books or what they wrote has changed", FACTS)
CANCELLED = EventType("booking.cancelled", "the booker or the staff cancelled", _ENDED)
COMPLETED = EventType("booking.completed", "they came", FACTS)
NO_SHOW = EventType("booking.no_show", "they did not come", FACTS)
INVITATION_DECLINED = EventType(
    "booking.invitation_declined",
    "somebody's calendar declined the invitation; the booking still stands",
    (*FACTS, Field("who", "the name of who declined", personal=True)),
)
TYPES = (
    HELD, HOLD_EXPIRED, RELEASED, CREATED, REQUESTED, CONFIRMED, DECLINED, LAPSED, RESCHEDULED, UPDATED,
    CANCELLED, COMPLETED, NO_SHOW, INVITATION_DECLINED,
)  # fmt: skip
