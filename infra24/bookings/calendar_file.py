"""A booking as a calendar file (RFC 5545) and as links that add it to a calendar."""

from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import quote, urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vCalAddress, vText

from infra24 import __version__
from infra24.bookings.calendar_zones import definition, zone_to_write
from infra24.bookings.model import Booking
from infra24.bookings.states import Status

_UID_HOST = "@infra24"
_STATUS = {Status.CANCELLED: "CANCELLED", Status.PENDING: "TENTATIVE", Status.HOLD: "TENTATIVE"}


def calendar_file(booking: Booking, organization: str, manage_url: str, now: datetime) -> bytes:
    """The booking as one event in its own zone, with the zone's definition beside it; or in UTC."""
    calendar = _calendar("CANCEL" if booking.status is Status.CANCELLED else "PUBLISH")
    return _written(calendar, [_event(booking, organization, manage_url, now)])


def calendar_feed(
    listed: Sequence[tuple[Booking, str]], title: str, organization: str, now: datetime
) -> bytes:
    """Many bookings, each with the address of its page, as a calendar that programs read again and again."""
    calendar = _calendar("PUBLISH")
    calendar.add("x-wr-calname", title)
    calendar.add("refresh-interval;value=duration", "PT15M")
    return _written(calendar, [_event(booking, organization, url, now) for booking, url in listed])


def uid_of(booking: Booking) -> str:
    """What a booking is called in every calendar: a reply names it, and the organization."""
    return f"{booking.id}.{booking.org_id}{_UID_HOST}"


def read_uid(uid: str) -> tuple[UUID, UUID] | None:
    """The organization and the booking of a UID; None for one that was not made here."""
    ids = uid.removesuffix(_UID_HOST).split(".")
    try:
        return (UUID(ids[1]), UUID(ids[0])) if uid.endswith(_UID_HOST) and len(ids) == 2 else None
    except ValueError:
        return None


def invitation(
    booking: Booking,
    organization: str,
    *,
    organizer: str,
    attendee: tuple[str, str],
    manage_url: str,
    cancelled: bool,
    now: datetime,
) -> bytes:
    """The booking as an invitation that mail programs understand (iTIP, RFC 5546), or its withdrawal.

    The organizer is the address that sends it, `attendee` (name, address) the one whom it is sent to: nobody
    is told the addresses of others. The UID stays, the sequence rises with each change.
    """
    calendar = _calendar("CANCEL" if cancelled else "REQUEST")
    event = _event(booking, organization, manage_url, now, hosts=False)
    if cancelled:
        del event["status"]
        event.add("status", "CANCELLED")
    by = vCalAddress(f"mailto:{organizer}")
    by.params["CN"] = vText(organization)
    event.add("organizer", by)
    name, email = attendee
    to = vCalAddress(f"mailto:{email}")
    to.params |= {"CN": vText(name or email), "ROLE": vText("REQ-PARTICIPANT"), "RSVP": vText("FALSE")}
    to.params["PARTSTAT"] = vText("DECLINED" if cancelled else "ACCEPTED")
    event.add("attendee", to)
    return _written(calendar, [event])


def _calendar(method: str) -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", f"-//Infra24 Booking//{__version__}//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    return calendar


def _written(calendar: Calendar, events: Sequence[Event]) -> bytes:
    """The calendar with these events, after the definitions of the zones that they name."""
    named = {str(event["DTSTART"].params["TZID"]) for event in events if "TZID" in event["DTSTART"].params}
    for component in [*(definition(ZoneInfo(name)) for name in sorted(named)), *events]:
        calendar.add_component(component)
    return bytes(calendar.to_ical())


def _event(
    booking: Booking, organization: str, manage_url: str, now: datetime, *, hosts: bool = True
) -> Event:
    zone = zone_to_write(ZoneInfo(booking.time_zone), booking.starts_at, booking.ends_at)
    event = Event()
    event.add("uid", uid_of(booking))
    event.add("dtstamp", now)
    event.add("created", booking.created_at)
    event.add("last-modified", booking.updated_at)
    event.add("sequence", booking.revision)
    event.add("dtstart", booking.starts_at.astimezone(zone))
    event.add("dtend", booking.ends_at.astimezone(zone))
    event.add("summary", _title(booking, organization))
    event.add("description", _notes(booking, manage_url))
    event.add("status", _STATUS.get(booking.status, "CONFIRMED"))
    event.add("url", manage_url)
    place = booking.meeting_url or booking.location
    if place:
        event.add("location", place)
    for participant in booking.participants:
        if hosts and participant.role == "host":
            host = vCalAddress(f"mailto:{participant.email}")
            host.params["CN"] = vText(participant.name)
            event.add("organizer" if "ORGANIZER" not in event else "contact", host)
    return event


def calendar_urls(booking: Booking, organization: str, manage_url: str, ics_url: str) -> dict[str, str]:
    """Addresses that add the booking to the calendars of Google, Outlook, Yahoo and Apple."""
    title = _title(booking, organization)
    notes = _notes(booking, manage_url)
    place = booking.meeting_url or booking.location
    start, end = _compact(booking.starts_at), _compact(booking.ends_at)
    google = {
        "action": "TEMPLATE",
        "text": title,
        "dates": f"{start}/{end}",
        "details": notes,
        "location": place,
        "ctz": booking.time_zone,
    }
    outlook = {
        "path": "/calendar/action/compose",
        "rru": "addevent",
        "subject": title,
        "startdt": booking.starts_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "enddt": booking.ends_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "body": notes,
        "location": place,
    }
    yahoo = {"v": "60", "title": title, "st": start, "et": end, "desc": notes, "in_loc": place}
    return {
        "google": "https://calendar.google.com/calendar/render?" + urlencode(google, quote_via=quote),
        "outlook": "https://outlook.live.com/calendar/0/deeplink/compose?"
        + urlencode(outlook, quote_via=quote),
        "yahoo": "https://calendar.yahoo.com/?" + urlencode(yahoo, quote_via=quote),
        "apple": ics_url,
        "ics": ics_url,
    }


def _title(booking: Booking, organization: str) -> str:
    return f"{booking.resource_title}, {organization}"


def _notes(booking: Booking, manage_url: str) -> str:
    lines = [f"With {', '.join(booking.hosts)}" if booking.hosts else "", booking.goal_text]
    lines += [booking.meeting_url, f"Change or cancel: {manage_url}"]
    return "\n".join(line for line in lines if line)


def _compact(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
