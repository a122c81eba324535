"""The message that a webhook endpoint was disabled, to those who can mend it."""

from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

from infra24 import organizations, people, webhooks
from infra24.db import Tx
from infra24.events import EventType, Handler, Recorded
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
from infra24.notifications.purposes import unsubscribe_url
from infra24.people import SCOPES, Scope
from infra24.webhooks import UnknownEndpoint

_KIND = "webhook_disabled"


def handlers() -> dict[EventType, Handler]:
    """What the subscriber `notifications` does when an endpoint is disabled by what it answers."""
    return {webhooks.events.DISABLED: _queue}


async def _queue(tx: Tx, recorded: Recorded) -> None:
    event = recorded.event
    facts = {"endpoint": str(event.subject_id), "at": event.recorded_at.isoformat(), **event.data}
    members = await people.memberships.listed(tx)
    told = [m.email for m in members if Scope.WEBHOOKS_WRITE in SCOPES[m.role]]
    queued = [NewNotification(_KIND, to, f"{event.id}:{to}", None, facts) for to in told]
    await queries.insert(tx, queued, event.recorded_at)


async def _composed(context: ComposeContext, org_id: UUID, one: Notification) -> Email:
    """Raises Suppressed when the endpoint was enabled again or deleted meanwhile."""
    id_ = UUID(one.facts["endpoint"])
    async with context.database.transaction(org_id) as tx:
        here = await organizations.get(tx)
        try:
            endpoint = await webhooks.get(tx, id_)
        except UnknownEndpoint:
            raise Suppressed(SuppressionReason.CHANGED) from None
    if endpoint.is_enabled:
        raise Suppressed(SuppressionReason.CHANGED)
    speech = locale_format(here.locale.partition("_")[0], here.locale)
    host = urlsplit(endpoint.url).hostname or endpoint.url
    words = wording(
        f"operation/{_KIND}.txt",
        speech.language,
        host=host,
        gone=int(one.facts["reason"] == "gone"),
        organization=here.name,
    )
    page = f"{context.base_url}/{here.slug}/admin/webhooks/{id_}"
    content = Content(
        words["subject"],
        words["headline"],
        endpoint.description or host,
        speech.brief(datetime.fromisoformat(one.facts["at"]), ZoneInfo(here.time_zone)),
        buttons=[(speech.translated("Open endpoint"), page)],
        paragraphs=[words["note"]],
        footer=words["footer"],
        unsubscribe_url=unsubscribe_url(context, org_id, one),
    )
    return render_content(content, brand_of(context, here), one.recipient, speech.language)


COMPOSERS: NotificationComposers = {_KIND: _composed}
