"""A party's use of resources for a time: hold, book, confirm, change, cancel."""

from infra24.bookings.calendar_file import calendar_file, calendar_urls
from infra24.bookings.cancellation import cancel, expire_hold
from infra24.bookings.change import approve, complete, correct_person, mark_no_show, reschedule
from infra24.bookings.impact import Broken, broken, impact
from infra24.bookings.model import (
    BookerLimit,
    Booking,
    By,
    EndsBeforeItStarts,
    HoldOver,
    IllegalMove,
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
from infra24.bookings.placement import alternatives, book, confirm_hold, hold
from infra24.bookings.reading import (
    by_token,
    day_slots,
    get,
    host_slots,
    in_the_way,
    listed,
    slots,
    why,
    why_no_slots,
)
from infra24.bookings.timetables import instant
from infra24.bookings.tokens import Tokens, org_of_token
from infra24.bookings.zones import Shifted, shifted_by_law

__all__ = [
    "BookerLimit",
    "Booking",
    "Broken",
    "By",
    "EndsBeforeItStarts",
    "HoldOver",
    "IllegalMove",
    "LinkOver",
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
    "alternatives",
    "approve",
    "book",
    "broken",
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
    "hold",
    "host_slots",
    "impact",
    "in_the_way",
    "instant",
    "listed",
    "mark_no_show",
    "org_of_token",
    "reschedule",
    "shifted_by_law",
    "slots",
    "why",
    "why_no_slots",
]
