"""Bookings: hold, book, confirm, change, end; and what is free."""

from infra24.bookings import events
from infra24.bookings.agenda import Agenda, CalendarEvent, CalendarResource, agenda, columns
from infra24.bookings.alternatives import Alternatives, NearestStarts, alternatives_for, nearest_starts
from infra24.bookings.approval import approve
from infra24.bookings.attendance import complete, mark_no_show
from infra24.bookings.calendar_file import (
    calendar_feed,
    calendar_file,
    calendar_urls,
    invitation,
    read_uid,
    uid_of,
)
from infra24.bookings.calendar_moves import Move, StaleRevision, move
from infra24.bookings.clients import CLIENTS_KEPT, forget_clients, limit_of
from infra24.bookings.confirmation import confirm_hold
from infra24.bookings.creation import book, hold
from infra24.bookings.details import set_notes, update_booker
from infra24.bookings.ending import cancel, decline, expire, release
from infra24.bookings.hold_replacement import hold_instead
from infra24.bookings.impact import AffectedBooking, broken, impact, upcoming
from infra24.bookings.list_links import read_list_link, write_list_link
from infra24.bookings.listing import COUNTED, Filters, count, get_many, page
from infra24.bookings.lookup import (
    by_token,
    conflicting_claims,
    day_slots,
    explain,
    get,
    host_slots,
    slots,
    why_no_slots,
)
from infra24.bookings.model import (
    BookerDetails,
    BookerLimit,
    Booking,
    DecisionNotAllowed,
    EndsBeforeItStarts,
    HoldOver,
    IllegalTransition,
    LimitReached,
    Participant,
    ResourceNotEligible,
    SlotNotOffered,
    SlotTaken,
    StaffOnly,
    TooEarly,
    TooLate,
    UnknownBooking,
)
from infra24.bookings.open_hours import DayOpen, open_week
from infra24.bookings.policy import BY_BOOKER, BY_STAFF, BY_SYSTEM, ON_CALENDAR, BookingPolicy
from infra24.bookings.replies import record_reply
from infra24.bookings.representation import holder_links, represent
from infra24.bookings.requests import BookingRequest
from infra24.bookings.requirements import RequirementKind
from infra24.bookings.rescheduling import reschedule
from infra24.bookings.snapshots import instant
from infra24.bookings.states import ActorRole, BookingKind, EndKind, ParticipantRole, Response, Status
from infra24.bookings.tz_changes import Shifted, shifted_by_law
from infra24.bookings.watching import FreeTimes

__all__ = [
    "BY_BOOKER",
    "BY_STAFF",
    "BY_SYSTEM",
    "CLIENTS_KEPT",
    "COUNTED",
    "ON_CALENDAR",
    "ActorRole",
    "AffectedBooking",
    "Agenda",
    "Alternatives",
    "BookerDetails",
    "BookerLimit",
    "Booking",
    "BookingKind",
    "BookingPolicy",
    "BookingRequest",
    "CalendarEvent",
    "CalendarResource",
    "DayOpen",
    "DecisionNotAllowed",
    "EndKind",
    "EndsBeforeItStarts",
    "Filters",
    "FreeTimes",
    "HoldOver",
    "IllegalTransition",
    "LimitReached",
    "Move",
    "NearestStarts",
    "Participant",
    "ParticipantRole",
    "RequirementKind",
    "ResourceNotEligible",
    "Response",
    "Shifted",
    "SlotNotOffered",
    "SlotTaken",
    "StaffOnly",
    "StaleRevision",
    "Status",
    "TooEarly",
    "TooLate",
    "UnknownBooking",
    "agenda",
    "alternatives_for",
    "approve",
    "book",
    "broken",
    "by_token",
    "calendar_feed",
    "calendar_file",
    "calendar_urls",
    "cancel",
    "columns",
    "complete",
    "confirm_hold",
    "conflicting_claims",
    "count",
    "day_slots",
    "decline",
    "events",
    "expire",
    "explain",
    "forget_clients",
    "get",
    "get_many",
    "hold",
    "hold_instead",
    "holder_links",
    "host_slots",
    "impact",
    "instant",
    "invitation",
    "limit_of",
    "mark_no_show",
    "move",
    "nearest_starts",
    "open_week",
    "page",
    "read_list_link",
    "read_uid",
    "record_reply",
    "release",
    "represent",
    "reschedule",
    "set_notes",
    "shifted_by_law",
    "slots",
    "uid_of",
    "upcoming",
    "update_booker",
    "why_no_slots",
    "write_list_link",
]
