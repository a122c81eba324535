"""Rendering the pages about what is offered: what each needs to speak of problems and of bookings' times."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Request, Response

from infra24.bookings import Booking
from infra24.web.caller import current_org
from infra24.web.rendering import page


def form_page(request: Request, template: str, context: Mapping[str, Any], status: int = 200) -> Response:
    """A page of the organization that the address names."""
    here = current_org(request)
    with_words = {
        "form": None, "wrong": {}, "alert": "", "meanwhile": (), "zone_of": zone_of, **context,
    }  # fmt: skip
    return page(request, f"admin/{template}", here, with_words, status=status)


def zone_of(booking: Booking) -> ZoneInfo:
    """The zone that a booking was made in."""
    return ZoneInfo(booking.time_zone)
