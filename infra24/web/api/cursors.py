"""Where a page of bookings ends, as `next` says it and `cursor` brings it back."""

import base64
from datetime import UTC, datetime
from uuid import UUID

from infra24.bookings import Booking
from infra24.errors import Invalid


class WrongCursor(Invalid):
    """This cursor is not valid. Send the `next` of the previous page."""


def write(booking: Booking) -> str:
    """The cursor after a booking."""
    text = f"{booking.starts_at.astimezone(UTC).isoformat()} {booking.id}"
    return base64.urlsafe_b64encode(text.encode()).decode()


def read(cursor: str | None) -> tuple[datetime, UUID] | None:
    """The start and the id that a cursor stands for. Raises WrongCursor."""
    if cursor is None:
        return None
    try:
        at, id_ = base64.urlsafe_b64decode(cursor).decode().split(" ")
        return datetime.fromisoformat(at), UUID(id_)
    except ValueError:
        raise WrongCursor() from None
