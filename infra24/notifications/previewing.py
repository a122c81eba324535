"""A message as it would be sent, with a real booking: for whoever words it."""

from collections.abc import Mapping
from uuid import UUID, uuid4

from infra24 import bookings, message_settings, organizations
from infra24.bookings import Filters
from infra24.channels import Channel
from infra24.errors import NotFound
from infra24.mail import ComposeContext, Email
from infra24.notifications.booking_content import KINDS, OFF_BY_DEFAULT, subject_of
from infra24.notifications.model import Notification

WORDED: Mapping[str, bool] = {kind: message.to_staff for kind, message in KINDS.items()}
"""The kinds that an organization can word, and whether each goes to its staff."""
SENT_BY_DEFAULT = frozenset(WORDED) - OFF_BY_DEFAULT


class NothingToPreview(NotFound):
    """There is no booking yet to show this message with. Book something, then come back."""


async def preview(context: ComposeContext, org_id: UUID, kind: str, to: str, language: str) -> Email:
    """A kind of message about the newest booking, in a language. Raises NothingToPreview."""
    async with context.database.transaction(org_id) as tx:
        here = await organizations.get(tx)
        found = await bookings.page(tx, Filters(), limit=1, newest_first=True)
        setting = await message_settings.get(tx, kind)
    if not found:
        raise NothingToPreview()
    facts = {"by": "staff"}
    recipient = to if KINDS[kind].to_staff else found[0].booker_email
    one = Notification(uuid4(), kind, Channel.EMAIL, recipient, found[0].id, facts, 0, context.now)
    subject = subject_of(context, here, found[0], one, setting)
    return KINDS[kind].email(subject.spoken(language, setting))
