"""What messages about bookings say, composed from what is true when they are sent."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from infra24 import bookings, message_settings, organizations
from infra24.bookings import Booking, Status
from infra24.channels import Channel
from infra24.i18n import LocaleFormat, locale_format
from infra24.mail import CalendarPart, ComposeContext, Content, Email, render_content, wording
from infra24.message_settings import MessageSetting, MessageText, filled
from infra24.message_settings.model import MOST
from infra24.notifications import reminders
from infra24.notifications.branding import brand_of
from infra24.notifications.model import (
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
    text: MessageText

    @property
    def zone(self) -> ZoneInfo:
        """The zone that times are said in: the venue's; the booker's own for what meets online."""
        booking = self.booking
        theirs = booking.meeting_url and self.one.recipient == booking.booker_email
        return ZoneInfo(booking.booker_zone if theirs and booking.booker_zone else booking.time_zone)

    @property
    def when(self) -> str:
        """From when to when."""
        booking = self.booking
        return self.format.span(booking.starts_at, booking.ends_at, self.zone, self.context.now)

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

    def spoken(self, language: str, setting: MessageSetting) -> "BookingSubject":
        """The same in another language."""
        speech = locale_format(language, self.here.locale)
        return replace(self, format=speech, text=setting.text(speech.language))


Rows = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class BookingMessage:
    """A kind of message: its template, the states in which it is true, and whether it goes to staff."""

    name: str
    expected: tuple[Status, ...]
    to_staff: bool = False

    async def __call__(self, context: ComposeContext, org_id: UUID, one: Notification) -> Email | Sms:
        """Composes it, while the booking is in one of these states."""
        subject = await read_subject(context, org_id, one, self.expected)
        if not self.to_staff and one.recipient != subject.booking.booker_email:
            raise Suppressed(SuppressionReason.CHANGED)  # the address was corrected: its links are not theirs
        return self.email(subject)

    def email(self, subject: BookingSubject) -> Email:
        """The e-mail about a booking as it is."""
        return _staff_email(subject, self.name) if self.to_staff else _booker_email(subject, self.name)


def _booker_email(subject: BookingSubject, name: str) -> Email:
    booking, words, now = subject.booking, subject.translated, subject.context.now
    base, token = subject.context.base_url, subject.token
    buttons, links = [(words("Open your booking"), f"{base}/bookings/confirmation/{token}")], []
    if booking.meeting_url and booking.status is Status.CONFIRMED:
        buttons.append((words("Join online"), booking.meeting_url))
    elif booking.is_movable:
        buttons.append((words("Add to calendar"), f"{base}/api/bookings/{token}/ics"))
    if booking.is_movable:
        if booking.booker_can_move(now):
            links.append((words("Choose another time"), f"{base}/bookings/reschedule/{token}"))
        if booking.booker_can_cancel(now):
            links.append((words("Cancel"), f"{base}/bookings/cancel/{token}"))
    footer = words("You get this because you booked. The links are yours alone: do not forward them.")
    return _email(subject, name, _for_booker(subject), buttons, links, footer)


def _staff_email(subject: BookingSubject, name: str) -> Email:
    page = f"{subject.context.base_url}/{subject.here.slug}/bookings/{subject.booking.id}"
    buttons = [(subject.translated("Open booking"), page)]
    if subject.booking.meeting_url and subject.booking.status is Status.CONFIRMED:
        buttons.append((subject.translated("Join online"), subject.booking.meeting_url))
    footer = subject.translated("You get this because you work here.")
    return _email(subject, name, _for_host(subject), buttons, [], footer)


async def _reminder(context: ComposeContext, org_id: UUID, one: Notification) -> Email | Sms:
    if reminders.is_too_late(int(one.facts["hours"]), one.planned_at, context.now):
        raise Suppressed(SuppressionReason.TOO_LATE)
    return await KINDS[one.kind](context, org_id, one)


async def read_subject(
    context: ComposeContext, org_id: UUID, one: Notification, expected: tuple[Status, ...]
) -> BookingSubject:
    """The booking as it is now, in the recipient's language. Raises Suppressed when it is another story."""
    assert one.booking_id is not None
    async with context.database.transaction(org_id) as tx:
        booking = await bookings.get(tx, one.booking_id)
        here = await organizations.get(tx)
        setting = await message_settings.get(tx, one.kind)
    if not is_sent(setting):
        raise Suppressed(SuppressionReason.SWITCHED_OFF)
    if booking.status not in expected:
        raise Suppressed(SuppressionReason.CHANGED)
    if one.facts.get("starts_at") not in (None, booking.starts_at.isoformat()):
        raise Suppressed(SuppressionReason.MOVED)
    if booking.ends_at <= context.now and one.kind not in _AFTERWARDS:
        raise Suppressed(SuppressionReason.OVER)
    return subject_of(context, here, booking, one, setting)


def is_sent(setting: MessageSetting) -> bool:
    """Whether an organization sends a kind: as it set, or all but those that are off by themselves."""
    return setting.kind not in OFF_BY_DEFAULT if setting.is_sent is None else setting.is_sent


def subject_of(
    context: ComposeContext,
    here: Organization,
    booking: Booking,
    one: Notification,
    setting: MessageSetting,
) -> BookingSubject:
    """What a message is about, in its recipient's language and the organization's words."""
    to_booker = one.channel is Channel.SMS or one.recipient == booking.booker_email
    locale = booking.locale if booking.locale and to_booker else here.locale
    speech = locale_format(locale.partition("_")[0], locale)
    return BookingSubject(context, here, booking, one, speech, setting.text(speech.language))


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
        subject.when,
        booking.location,
        rows,
        buttons,
        links,
        words.get("note", "").splitlines(),
        footer,
        unsubscribe_url(subject.context, here.id, subject.one),
    )
    email = render_content(content, brand_of(subject.context, here), subject.one.recipient, language)
    return replace(email, calendar=_calendar(subject, name, buttons[0][1]))


def words_of(subject: BookingSubject, name: str) -> dict[str, str]:
    """The sentences of a kind about a booking: the organization's own, where it has any."""
    booking = subject.booking
    facts = {
        "title": booking.resource_title,
        "when": subject.format.brief(booking.starts_at, subject.zone),
        "name": booking.booker_name,
        "organization": subject.here.name,
    }
    words = wording(
        f"bookings/{name}.txt",
        subject.format.language,
        booker=booking.booker_name,
        by_staff=int(subject.by_staff),
        **facts,
    )
    more = {"place": booking.location, "host": ", ".join(booking.hosts), "reference": booking.reference}
    own = {part: filled(getattr(subject.text, part), {**facts, **more}) for part in MOST}
    return {**words, **{part: text for part, text in own.items() if text}}


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
    return subject.format.brief(datetime.fromisoformat(former), subject.zone)


OFF_BY_DEFAULT = frozenset({"booking_missed"})
"""Kinds that are sent only where an organization says so."""
_AFTERWARDS = frozenset({"booking_missed"})
_WITHDRAW = frozenset({"cancelled", "host_cancelled", "host_removed", "host_pending"})
_OPEN, _STANDS = (Status.PENDING, Status.CONFIRMED), (Status.CONFIRMED,)
KINDS: Mapping[str, BookingMessage] = {
    "booking_confirmed": BookingMessage("confirmed", _STANDS),
    "booking_requested": BookingMessage("requested", (Status.PENDING,)),
    "booking_approved": BookingMessage("approved", _STANDS),
    "booking_declined": BookingMessage("declined", (Status.CANCELLED,)),
    "booking_lapsed": BookingMessage("lapsed", (Status.CANCELLED,)),
    "booking_moved": BookingMessage("moved", _STANDS),
    "booking_changed": BookingMessage("changed", _STANDS),
    "booking_cancelled": BookingMessage("cancelled", (Status.CANCELLED,)),
    "booking_reminder": BookingMessage("reminder", _STANDS),
    "booking_missed": BookingMessage("missed", (Status.NO_SHOW,)),
    "host_booked": BookingMessage("host_booked", _STANDS, to_staff=True),
    "host_moved": BookingMessage("host_moved", _OPEN, to_staff=True),
    "host_pending": BookingMessage("host_pending", (Status.PENDING,), to_staff=True),
    "host_removed": BookingMessage("host_removed", _OPEN, to_staff=True),
    "host_cancelled": BookingMessage("host_cancelled", (Status.CANCELLED,), to_staff=True),
    "approval_wanted": BookingMessage("approval_wanted", (Status.PENDING,), to_staff=True),
    "approval_lapses": BookingMessage("approval_lapses", (Status.PENDING,), to_staff=True),
}
"""By kind; a kind, once used, stays: queued rows refer to it."""
COMPOSERS: NotificationComposers = {**KINDS, "booking_reminder": _reminder}
