"""Messages about series: one for all of their dates, to the booker and to each host."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from infra24 import organizations
from infra24.bookings import Booking, ParticipantRole, Status, series
from infra24.bookings.series import events as series_events
from infra24.db import Tx
from infra24.events import EventType, Handler, Recorded
from infra24.i18n import locale_format
from infra24.mail import ComposeContext, Content, Email, render_content, wording
from infra24.notifications import queries
from infra24.notifications.branding import brand_of
from infra24.notifications.model import (
    ComposeNotification,
    NewNotification,
    Notification,
    NotificationComposers,
    Suppressed,
    SuppressionReason,
)
from infra24.organizations import Organization

_MOST_SHOWN = 12
_KINDS: Mapping[EventType, str] = {
    series_events.CREATED: "series_booked",
    series_events.MOVED: "series_moved",
    series_events.CANCELLED: "series_cancelled",
}
_BY_NAME = {type_.name: kind for type_, kind in _KINDS.items()}


def handlers() -> dict[EventType, Handler]:
    """What the subscriber `notifications` does on each type of event of series."""
    return dict.fromkeys(_KINDS, _queue)


async def _queue(tx: Tx, recorded: Recorded) -> None:
    event, kind = recorded.event, _BY_NAME[recorded.event.type]
    _, dates = await series.get(tx, event.subject_id)
    tells = event.data.get("notify", True)
    people = {booking.booker_email for booking in dates if booking.booker_email and tells}
    if kind != "series_booked" or any(booking.status is Status.CONFIRMED for booking in dates):
        people |= {
            p.email for b in dates for p in b.participants if p.role is ParticipantRole.HOST and p.email
        }
    facts = {"series": str(event.subject_id), "at": event.recorded_at.isoformat()}
    queued = [NewNotification(kind, to, f"{event.id}:{kind}:{to}", None, facts) for to in sorted(people)]
    await queries.insert(tx, queued, event.recorded_at)


def _composer(kind: str, *expected: Status) -> ComposeNotification:
    """Composes what is told of the dates that are in one of these states."""

    async def composed(context: ComposeContext, org_id: UUID, one: Notification) -> Email:
        async with context.database.transaction(org_id) as tx:
            _, dates = await series.get(tx, UUID(one.facts["series"]))
            here = await organizations.get(tx)
        since = datetime.fromisoformat(one.facts["at"])
        told = [
            date
            for date in dates
            if date.status in expected and date.ends_at > context.now and date.updated_at >= since
        ]
        if not told:
            raise Suppressed(SuppressionReason.CHANGED)
        return _email(context, kind, here, told, one)

    return composed


def _email(
    context: ComposeContext, kind: str, here: Organization, told: Sequence[Booking], one: Notification
) -> Email:
    first, is_booker = told[0], one.recipient == told[0].booker_email
    locale = first.locale if first.locale and is_booker else here.locale
    speech = locale_format(locale.partition("_")[0], locale)
    waiting = first.status is Status.PENDING
    words = wording(
        f"bookings/{kind}.txt",
        speech.language,
        title=first.resource_title,
        count=len(told),
        organization=here.name,
        waiting=int(waiting),
        for_booker=int(is_booker),
    )
    dates = [(speech.brief(date.starts_at, ZoneInfo(date.time_zone)), date) for date in told]
    shown = [(when, _page(context, here, date, is_booker)) for when, date in dates[:_MOST_SHOWN]]
    rest = len(dates) - len(shown)
    content = Content(
        words["subject"],
        words["headline"],
        first.resource_title,
        speech.span(first.starts_at, first.ends_at, ZoneInfo(first.time_zone), context.now),
        first.location,
        [
            (speech.translated("With"), ", ".join(first.hosts) if is_booker else ""),
            (speech.translated("Who"), "" if is_booker else first.booker_name),
            (speech.translated("Reason"), first.end_reason),
            (speech.translated("More dates"), str(rest) if rest else ""),
        ],
        links=shown,
        paragraphs=[words.get("note", "")],
        footer=words["footer"],
    )
    return render_content(content, brand_of(context, here), one.recipient, speech.language)


def _page(context: ComposeContext, here: Organization, date: Booking, is_booker: bool) -> str:
    if is_booker:
        return f"{context.base_url}/bookings/confirmation/{context.tokens.of(here.id, date.id)}"
    return f"{context.base_url}/{here.slug}/bookings/{date.id}"


COMPOSERS: NotificationComposers = {
    "series_booked": _composer("series_booked", Status.PENDING, Status.CONFIRMED),
    "series_moved": _composer("series_moved", Status.PENDING, Status.CONFIRMED),
    "series_cancelled": _composer("series_cancelled", Status.CANCELLED),
}
