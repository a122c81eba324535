"""The reminder of an invitation that nobody has answered."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from infra24 import people
from infra24.db import Tx
from infra24.events import EventType, Handler, Recorded
from infra24.i18n import locale_format
from infra24.mail import ComposeContext, Email
from infra24.notifications import queries
from infra24.notifications.model import (
    NewNotification,
    Notification,
    NotificationComposers,
    Suppressed,
    SuppressionReason,
)

_KIND = "invitation_reminder"
AFTER = timedelta(days=3)
"""How long after an invitation."""


def handlers() -> dict[EventType, Handler]:
    """What the subscriber `notifications` does when someone is invited."""
    return {people.events.INVITED: _queue}


async def _queue(tx: Tx, recorded: Recorded) -> None:
    event = recorded.event
    id_ = str(event.subject_id)
    told = NewNotification(
        _KIND, event.data["email"], f"{_KIND}:{id_}", facts={"invitation": id_}, at=event.recorded_at + AFTER
    )
    await queries.insert(tx, [told], event.recorded_at)


async def _composed(context: ComposeContext, org_id: UUID, one: Notification) -> Email:
    """Raises Suppressed when it was accepted, taken back, or is over."""
    facts = {"org": str(org_id), "invitation": one.facts["invitation"]}
    email = await people.emails.invitation(context, facts)
    if email is None:
        raise Suppressed(SuppressionReason.CHANGED)
    said = locale_format(email.language, email.language).translated
    return replace(email, subject=said("Reminder: %(subject)s") % {"subject": email.subject})


COMPOSERS: NotificationComposers = {_KIND: _composed}
