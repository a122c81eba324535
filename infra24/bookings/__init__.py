"""A party's use of resources for a time: hold, book, confirm, change, cancel."""

from infra24.bookings.calendar_file import calendar_file, calendar_urls
from infra24.bookings.cancellation import cancel, expire_hold
from infra24.bookings.change import approve, complete, correct_person, mark_no_show, reschedule
from infra24.bookings.model import (
    BookerLimit,
    Booking,
    By,
    EndsBeforeItStarts,
    HoldOver,
    IllegalMove,
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
from infra24.bookings.placement import alternatives, book, confirm_hold, hold
from infra24.bookings.reading import (
    by_token,
    day_slots,
    get,
    hit_by_blackouts,
    in_the_way,
    listed,
    slots,
    why,
)
from infra24.bookings.timetables import instant
from infra24.bookings.tokens import Tokens, org_of_token

__all__ = [
    "BookerLimit",
    "Booking",
    "By",
    "EndsBeforeItStarts",
    "HoldOver",
    "IllegalMove",
    "Participant",
    "Person",
    "SlotNotOffered",
    "SlotTaken",
    "Status",
    "Tokens",
    "TooEarly",
    "TooLate",
    "UnknownBooking",
    "Wish",
    "alternatives",
    "approve",
    "book",
    "by_token",
    "calendar_file",
    "calendar_urls",
    "cancel",
    "complete",
    "confirm_hold",
    "correct_person",
    "day_slots",
    "expire_hold",
    "get",
    "hit_by_blackouts",
    "hold",
    "in_the_way",
    "instant",
    "listed",
    "mark_no_show",
    "org_of_token",
    "reschedule",
    "slots",
    "why",
]
