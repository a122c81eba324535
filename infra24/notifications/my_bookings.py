"""The link to somebody's bookings, by e-mail: for those who book without an account and closed the tab."""

from datetime import datetime, timedelta
from uuid import UUID

from infra24 import bookings, organizations
from infra24.bookings import Filters
from infra24.db import Tx
from infra24.i18n import locale_format
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

_KIND = "my_bookings"
LINK_VALID = timedelta(days=7)
_ONCE_IN_SECONDS = 600


async def send_my_bookings(tx: Tx, email: str, locale: str, now: datetime) -> None:
    """Have the link sent to an address, if anything was booked with it; once in ten minutes at most."""
    once = f"{_KIND}:{email}:{int(now.timestamp()) // _ONCE_IN_SECONDS}"
    await queries.insert(tx, [NewNotification(_KIND, email, once, facts={"locale": locale})], now)


async def _composed(context: ComposeContext, org_id: UUID, one: Notification) -> Email:
    async with context.database.transaction(org_id) as tx:
        here = await organizations.get(tx)
        mine = Filters(booker_email=one.recipient)
        count = await bookings.count(tx, Filters(booker_email=one.recipient, coming_at=context.now))
        if not count and not await bookings.page(tx, mine, limit=1):
            raise Suppressed(SuppressionReason.NOTHING_BOOKED)
    locale = one.facts["locale"] or here.locale
    speech = locale_format(locale.partition("_")[0], locale)
    words = wording("operation/my_bookings.txt", speech.language, organization=here.name, count=count)
    signed = bookings.write_list_link(context.tokens.sign, org_id, one.recipient, context.now + LINK_VALID)
    page = f"{context.base_url}/{here.slug}/my-bookings/{signed}"
    content = Content(
        words["subject"],
        speech.translated("Your bookings"),
        words["headline"],
        "",
        buttons=[(speech.translated("See my bookings"), page)],
        paragraphs=[words["note"]],
        footer=words["footer"],
    )
    return render_content(content, brand_of(context, here), one.recipient, speech.language)


COMPOSERS: NotificationComposers = {_KIND: _composed}
