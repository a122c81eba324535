"""The digest of a host's day: their bookings, in the morning, for those who want it."""

from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from infra24 import bookings, consent, organizations
from infra24.bookings import Booking, Filters, Status
from infra24.channels import Channel
from infra24.consent import Purpose
from infra24.db import Database
from infra24.i18n import LocaleFormat, locale_format
from infra24.mail import ComposeContext, Content, Email, render_content, wording
from infra24.notifications import queries
from infra24.notifications.branding import brand_of
from infra24.notifications.model import (
    NewNotification,
    Notification,
    NotificationComposers,
    Suppressed,
    SuppressionReason,
)
from infra24.notifications.purposes import unsubscribe_url

_KIND = "digest"
SENT_AT = time(7)
"""On the organization's clock."""
_AHEAD, _TOO_LATE = timedelta(hours=3), timedelta(hours=5)
_MOST = 60


async def queue_due(database: Database, now: datetime) -> None:
    """Queue the digests of the next hours, of every organization; queued again, they are the same."""
    for org_id in await consent.organizations_wanting(database, Purpose.DIGEST):
        async with database.transaction(org_id) as tx:
            zone = ZoneInfo((await organizations.get(tx)).time_zone)
            on = (now + _AHEAD).astimezone(zone).date()
            at = datetime.combine(on, SENT_AT, zone)
            if not now <= at <= now + _AHEAD:
                continue
            wanting = await consent.addresses_wanting(tx, Channel.EMAIL, Purpose.DIGEST)
            told = [
                NewNotification(_KIND, to, f"{_KIND}:{on}:{to}", facts={"date": on.isoformat()}, at=at)
                for to in wanting
            ]
            await queries.insert(tx, told, now)


async def _composed(context: ComposeContext, org_id: UUID, one: Notification) -> Email:
    if context.now - one.planned_at > _TOO_LATE:
        raise Suppressed(SuppressionReason.TOO_LATE)
    on = date.fromisoformat(one.facts["date"])
    async with context.database.transaction(org_id) as tx:
        here = await organizations.get(tx)
        zone = ZoneInfo(here.time_zone)
        since, until = (datetime.combine(on + timedelta(days=n), time(), zone) for n in (0, 1))
        theirs = Filters(since, until, Status.CONFIRMED, hosted_by=one.recipient)
        found = await bookings.page(tx, theirs, limit=_MOST)
    if not found:
        raise Suppressed(SuppressionReason.NOTHING_BOOKED)
    speech = locale_format(here.locale.partition("_")[0], here.locale)
    day = speech.full_day(datetime.combine(on, SENT_AT, zone))
    words = wording("operation/digest.txt", speech.language, count=len(found), organization=here.name)
    base = f"{context.base_url}/{here.slug}/bookings"
    content = Content(
        words["subject"],
        words["headline"],
        day,
        "",
        buttons=[(speech.translated("Open calendar"), f"{context.base_url}/{here.slug}/admin/calendar")],
        links=[(_line(booking, speech, zone), f"{base}/{booking.id}") for booking in found],
        footer=words["footer"],
        unsubscribe_url=unsubscribe_url(context, org_id, one),
    )
    return render_content(content, brand_of(context, here), one.recipient, speech.language)


def _line(booking: Booking, speech: LocaleFormat, zone: ZoneInfo) -> str:
    return f"{speech.time(booking.starts_at, zone)} {booking.resource_title}, {booking.booker_name}"


COMPOSERS: NotificationComposers = {_KIND: _composed}
