"""Run by the client's own Python: a round trip with the client that was written from /openapi.json."""

import sys
from datetime import UTC, date, datetime, timedelta

from out import AuthenticatedClient, Client
from out.api.availability import resource_availability_get
from out.api.booking_by_link_or_type import staff_availability_get
from out.api.bookings import (
    create_post,
    ics_get,
    list_bookings_get,
    manage_cancel_delete,
    manage_get,
    manage_move_put,
    read_get,
)
from out.models import BookingMove, BookingPage, BookingView, NewBooking, NewBookingView, ProblemView, Status


def main(base: str, org: str, key: str) -> None:
    visitor = Client(base_url=base, raise_on_unexpected_status=True)
    staff = AuthenticatedClient(base_url=base, token=key, raise_on_unexpected_status=True)

    free = resource_availability_get.sync("room", client=visitor, org=org, start_date=date(2026, 11, 23))
    first, other = free.slots[0], free.slots[4]
    assert first.end - first.start == timedelta(minutes=30)

    body = NewBooking(org_id=org, resource_id="room", start_time=first.start, end_time=first.end,
                      artist_name="Ada Lovelace", artist_email="ada@example.org")  # fmt: skip
    made = create_post.sync(client=visitor, body=body, idempotency_key="0d8a4c0e-5a0f-4f0c-9c59-3f7f0b1d2a66")
    assert isinstance(made, NewBookingView), made
    assert made.status is Status.CONFIRMED
    again = create_post.sync(client=visitor, body=body)
    assert isinstance(again, ProblemView)
    assert again.code == "slot_taken"
    assert len(again.alternatives) == 3

    moved = manage_move_put.sync(client=visitor, token=made.token, body=BookingMove(start_time=other.start))
    assert isinstance(moved, BookingView), moved
    assert moved.start_time == other.start
    read = read_get.sync(str(made.id), client=visitor, x_booking_token=made.token)
    assert read.start_time == other.start
    file = ics_get.sync(made.token, client=visitor)
    assert file.startswith("BEGIN:VCALENDAR")

    gone = manage_cancel_delete.sync(client=visitor, token=made.token)
    assert gone.status is Status.CANCELLED
    assert manage_get.sync(client=visitor, token=made.token).status is Status.CANCELLED
    page = list_bookings_get.sync(client=staff, start_date=date(2026, 11, 23), resource_id="room")
    assert isinstance(page, BookingPage)
    assert [booking.id for booking in page.bookings] == [made.id]

    slots = staff_availability_get.sync(client=visitor, org=org, date=date(2026, 11, 23),
                                        appointment_type_id="visit", staff_id="mo")  # fmt: skip
    assert {slot.staff_name for slot in slots.slots} == {"Mo"}
    assert slots.slots[0].start >= datetime(2026, 11, 23, tzinfo=UTC)


if __name__ == "__main__":
    main(*sys.argv[1:])
