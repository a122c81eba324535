"""What messages about bookings say, composed from what is true when they are sent."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from infra24 import bookings, organizations
from infra24.bookings import Booking, Status
from infra24.i18n import LocaleFormat, locale_format
from infra24.mail import Brand, CalendarPart, ComposeContext, Content, Email, render_content, wording
from infra24.notifications import reminders
from infra24.notifications.model import (
    ComposeNotification,
    Notification,
    NotificationComposers,
    Suppressed,
    SuppressionReason,
)
from infra24.notifications.purposes import unsubscribe_url
from infra24.organizations import Organization
from infra24.sms import Sms


@dataclass(frozen=True, slots=True)
class BookingSubject:
    """What a message is about, read for its recipient."""

    context: ComposeContext
    here: Organization
    booking: Booking
    one: Notification
    format: LocaleFormat

    def when(self, start: datetime | None = None) -> str:
        """From when to when; with another start, as long."""
        begins = start or self.booking.starts_at
        zone = ZoneInfo(self.booking.time_zone)
        return self.format.span(begins, begins + self.booking.length, zone, self.context.now)

    @property
    def by_staff(self) -> bool:
        """Whether somebody who works there made the change."""
        return self.one.facts.get("by") not in (None, "booker")

    @property
    def token(self) -> str:
        """What opens the booking's page."""
        return self.context.tokens.of(self.here.id, self.booking.id)

    def translated(self, message: str) -> str:
        """A text in the recipient's language."""
        return self.format.translated(message)


Rows = list[tuple[str, str]]


def _to_booker(name: str, *expected: Status) -> ComposeNotification:
    """Composes what the booker is told, while the booking is in one of these states."""

    async def composed(context: ComposeContext, org_id: UUID, one: Notification) -> Email:
        subject = await read_subject(context, org_id, one, expected)
        booking, words = subject.booking, subject.translated
        if one.recipient != booking.booker_email:
            raise Suppressed(SuppressionReason.CHANGED)  # the address was corrected: its links are not theirs
        base, token = context.base_url, subject.token
        buttons, links = [(words("Open your booking"), f"{base}/bookings/confirmation/{token}")], []
        if booking.meeting_url and booking.status is Status.CONFIRMED:
            buttons.append((words("Join online"), booking.meeting_url))
        elif booking.is_movable:
            buttons.append((words("Add to calendar"), f"{base}/api/bookings/{token}/ics"))
        if booking.is_movable:
            if booking.booker_can_move(context.now):
                links.append((words("Choose another time"), f"{base}/bookings/reschedule/{token}"))
            if booking.booker_can_cancel(context.now):
                links.append((words("Cancel"), f"{base}/bookings/cancel/{token}"))
        footer = words("You get this because you booked. The links are yours alone: do not forward them.")
        return _email(subject, name, _for_booker(subject), buttons, links, footer)

    return composed


def _to_host(name: str, *expected: Status) -> ComposeNotification:
    """Composes what a host is told, while the booking is in one of these states."""

    async def composed(context: ComposeContext, org_id: UUID, one: Notification) -> Email:
        subject = await read_subject(context, org_id, one, expected)
        page = f"{context.base_url}/{subject.here.slug}/bookings/{subject.booking.id}"
        buttons = [(subject.translated("Open booking"), page)]
        if subject.booking.meeting_url and subject.booking.status is Status.CONFIRMED:
            buttons.append((subject.translated("Join online"), subject.booking.meeting_url))
        footer = subject.translated("You get this because you work here.")
        return _email(subject, name, _for_host(subject), buttons, [], footer)

    return composed


async def _reminder(context: ComposeContext, org_id: UUID, one: Notification) -> Email | Sms:
    if reminders.is_too_late(int(one.facts["hours"]), one.planned_at, context.now):
        raise Suppressed(SuppressionReason.TOO_LATE)
    return await _to_booker("reminder", Status.CONFIRMED)(context, org_id, one)


async def read_subject(
    context: ComposeContext, org_id: UUID, one: Notification, expected: tuple[Status, ...]
) -> BookingSubject:
    """The booking as it is now, in the recipient's language. Raises Suppressed when it is another story."""
    assert one.booking_id is not None
    async with context.database.transaction(org_id) as tx:
        booking = await bookings.get(tx, one.booking_id)
        here = await organizations.get(tx)
    if booking.status not in expected:
        raise Suppressed(SuppressionReason.CHANGED)
    if one.facts.get("starts_at") not in (None, booking.starts_at.isoformat()):
        raise Suppressed(SuppressionReason.MOVED)
    if booking.ends_at <= context.now:
        raise Suppressed(SuppressionReason.OVER)
    locale = booking.locale if booking.locale and one.recipient == booking.booker_email else here.locale
    return BookingSubject(context, here, booking, one, locale_format(locale.partition("_")[0], locale))


def _email(
    subject: BookingSubject,
    name: str,
    rows: Rows,
    buttons: list[tuple[str, str]],
    links: list[tuple[str, str]],
    footer: str,
) -> Email:
    booking, here, language = subject.booking, subject.here, subject.format.language
    words = words_of(subject, name)
    content = Content(
        words["subject"],
        words["headline"],
        booking.resource_title,
        subject.when(),
        booking.location,
        rows,
        buttons,
        links,
        [words.get("note", "")],
        footer,
        unsubscribe_url(subject.context, here.id, subject.one),
    )
    email = render_content(content, Brand(here.name, here.seed), subject.one.recipient, language)
    return replace(email, calendar=_calendar(subject, name, buttons[0][1]))


def words_of(subject: BookingSubject, name: str) -> dict[str, str]:
    """The sentences of a kind about a booking, in the recipient's language."""
    booking = subject.booking
    return wording(
        f"bookings/{name}.txt",
        subject.format.language,
        title=booking.resource_title,
        when=subject.format.brief(booking.starts_at, ZoneInfo(booking.time_zone)),
        name=booking.booker_name,
        booker=booking.booker_name,
        organization=subject.here.name,
        by_staff=int(subject.by_staff),
    )


def _calendar(subject: BookingSubject, name: str, page: str) -> CalendarPart | None:
    """The event for the recipient's calendar, or its withdrawal; nothing for what never was in it."""
    booking, one = subject.booking, subject.one
    withdrawn = name in _WITHDRAW or (name == "requested" and "from" in one.facts)
    if not withdrawn and booking.status is not Status.CONFIRMED:
        return None
    is_booker = one.recipient == booking.booker_email
    file = bookings.invitation(
        booking,
        subject.here.name,
        organizer=subject.context.sender,
        attendee=(booking.booker_name if is_booker else "", one.recipient),
        manage_url=page,
        cancelled=withdrawn,
        now=subject.context.now,
    )
    return CalendarPart(file, "CANCEL" if withdrawn else "REQUEST")


def _for_booker(subject: BookingSubject) -> Rows:
    booking, words = subject.booking, subject.translated
    return [
        (words("With"), ", ".join(booking.hosts)),
        (words("Before"), _before(subject)),
        (words("Reason"), booking.end_reason),
        (words("Reference"), booking.reference),
    ]


def _for_host(subject: BookingSubject) -> Rows:
    booking, words = subject.booking, subject.translated
    return [
        (words("Who"), booking.booker_name),
        (words("E-mail"), booking.booker_email),
        (words("Phone"), booking.phone),
        (words("Wants to"), booking.goal_text),
        (words("Before"), _before(subject)),
        (words("Reason"), booking.end_reason),
        (words("Reference"), booking.reference),
    ]


def _before(subject: BookingSubject) -> str:
    """When it was before it was moved; nothing where that is the same."""
    former = subject.one.facts.get("from")
    if former is None or datetime.fromisoformat(former) == subject.booking.starts_at:
        return ""
    return subject.format.brief(datetime.fromisoformat(former), ZoneInfo(subject.booking.time_zone))


_WITHDRAW = frozenset({"cancelled", "host_cancelled", "host_removed", "host_pending"})
_OPEN, _STANDS = (Status.PENDING, Status.CONFIRMED), (Status.CONFIRMED,)
COMPOSERS: NotificationComposers = {
    "booking_confirmed": _to_booker("confirmed", *_STANDS),
    "booking_requested": _to_booker("requested", Status.PENDING),
    "booking_approved": _to_booker("approved", *_STANDS),
    "booking_declined": _to_booker("declined", Status.CANCELLED),
    "booking_lapsed": _to_booker("lapsed", Status.CANCELLED),
    "booking_moved": _to_booker("moved", *_STANDS),
    "booking_changed": _to_booker("changed", *_STANDS),
    "booking_cancelled": _to_booker("cancelled", Status.CANCELLED),
    "booking_reminder": _reminder,
    "host_booked": _to_host("host_booked", *_STANDS),
    "host_moved": _to_host("host_moved", *_OPEN),
    "host_pending": _to_host("host_pending", Status.PENDING),
    "host_removed": _to_host("host_removed", *_OPEN),
    "host_cancelled": _to_host("host_cancelled", Status.CANCELLED),
    "approval_wanted": _to_host("approval_wanted", Status.PENDING),
    "approval_lapses": _to_host("approval_lapses", Status.PENDING),
}
"""By kind; a kind, once used, stays: queued rows refer to it."""
