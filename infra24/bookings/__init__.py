"""A party's use of resources for a time: hold, book, confirm, change, cancel."""

from infra24.bookings.agenda import Agenda, Column, Entry, agenda, columns
from infra24.bookings.alternatives import Alternatives, NearestStarts, alternatives_for, nearest_starts
from infra24.bookings.approval import approve, decline, lapse
from infra24.bookings.calendar_file import calendar_feed, calendar_file, calendar_urls
from infra24.bookings.calendar_moves import ChangedMeanwhile, Move, NotForThis, move, place
from infra24.bookings.cancellation import cancel, expire_hold
from infra24.bookings.clients import CLIENTS_KEPT, forget_clients, limit_of, lock_client
from infra24.bookings.creation import book, confirm_hold, hold
from infra24.bookings.impact import Broken, broken, coming, impact
from infra24.bookings.listing import COUNTED, Filters, count, listed, several
from infra24.bookings.lookup import (
    by_token,
    day_slots,
    get,
    host_slots,
    in_the_way,
    slots,
    why,
    why_no_slots,
)
from infra24.bookings.model import (
    BookerLimit,
    Booking,
    By,
    EndsBeforeItStarts,
    HoldOver,
    IllegalMove,
    LimitReached,
    LinkOver,
    Participant,
    Person,
    SlotNotOffered,
    SlotTaken,
    Status,
    TooEarly,
    TooLate,
    UnknownBooking,
    Wish,
)
from infra24.bookings.open_hours import DayOpen, open_week
from infra24.bookings.rescheduling import annotate, complete, correct_person, mark_no_show, reschedule
from infra24.bookings.snapshots import instant
from infra24.bookings.tokens import Tokens, org_of_token
from infra24.bookings.tz_changes import Shifted, shifted_by_law
from infra24.bookings.watching import FreeTimes

__all__ = [
    "CLIENTS_KEPT",
    "COUNTED",
    "Agenda",
    "Alternatives",
    "BookerLimit",
    "Booking",
    "Broken",
    "By",
    "ChangedMeanwhile",
    "Column",
    "DayOpen",
    "EndsBeforeItStarts",
    "Entry",
    "Filters",
    "FreeTimes",
    "HoldOver",
    "IllegalMove",
    "LimitReached",
    "LinkOver",
    "Move",
    "NearestStarts",
    "NotForThis",
    "Participant",
    "Person",
    "Shifted",
    "SlotNotOffered",
    "SlotTaken",
    "Status",
    "Tokens",
    "TooEarly",
    "TooLate",
    "UnknownBooking",
    "Wish",
    "agenda",
    "alternatives_for",
    "annotate",
    "approve",
    "book",
    "broken",
    "by_token",
    "calendar_feed",
    "calendar_file",
    "calendar_urls",
    "cancel",
    "columns",
    "coming",
    "complete",
    "confirm_hold",
    "correct_person",
    "count",
    "day_slots",
    "decline",
    "expire_hold",
    "forget_clients",
    "get",
    "hold",
    "host_slots",
    "impact",
    "in_the_way",
    "instant",
    "lapse",
    "limit_of",
    "listed",
    "lock_client",
    "mark_no_show",
    "move",
    "nearest_starts",
    "open_week",
    "org_of_token",
    "place",
    "reschedule",
    "several",
    "shifted_by_law",
    "slots",
    "why",
    "why_no_slots",
]
