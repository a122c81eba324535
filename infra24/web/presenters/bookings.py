"""When a booking is, and what is free, in words."""

from zoneinfo import ZoneInfo

from fastapi import Request

from infra24.availability.json_reader import zone_named
from infra24.bookings import (
    Booking,
    NearestStarts,
)
from infra24.i18n import LocaleFormat


def visitor_zone_of_booking(request: Request, booking: Booking) -> ZoneInfo:
    """The zone to show a booking in: the one asked for; at a place the venue's; else the device's."""
    asked = request.query_params.get("tz")
    if asked is None and booking.meeting_url:
        asked = request.cookies.get("tz")
    try:
        return zone_named(asked) if asked else ZoneInfo(booking.time_zone)
    except ValueError:
        return ZoneInfo(booking.time_zone)


def time_choices(speech: LocaleFormat, zone: ZoneInfo, free: NearestStarts | None) -> list[tuple[str, str]]:
    """Free times as radio buttons: the value and what it says."""
    return [
        (
            at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            f"{speech.short_day(at.astimezone(zone))}, {speech.time(at, zone)}",
        )
        for at in (free.starts if free else ())
    ]


def when(speech: LocaleFormat, booking: Booking, zone: ZoneInfo) -> dict[str, str]:
    """When a booking is, in words, in one zone; and in the venue's, where that says something else."""
    venue = ZoneInfo(booking.time_zone)
    start = booking.starts_at.astimezone(zone)
    said = {
        "day": speech.full_day(start),
        "from": speech.time(start, zone),
        "to": speech.time(booking.ends_at, zone),
        "zone": speech.zone(zone),
        "minutes": str(int(booking.length.total_seconds()) // 60),
        "venue": "",
    }
    local = booking.starts_at.astimezone(venue)
    if start.utcoffset() != local.utcoffset():
        said["venue"] = f"{speech.time(local, venue)}, {speech.zone(venue)}"
    return said
