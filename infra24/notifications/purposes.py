"""What each kind of notification is for, and the link by which its recipient declines that."""

from collections.abc import Mapping
from uuid import UUID

from infra24.consent import Purpose, unsubscribe_token
from infra24.mail import ComposeContext
from infra24.notifications.model import Notification

PURPOSES: Mapping[str, Purpose] = {
    "booking_reminder": Purpose.REMINDER,
    "host_booked": Purpose.HOSTING,
    "host_moved": Purpose.HOSTING,
    "host_pending": Purpose.HOSTING,
    "host_removed": Purpose.HOSTING,
    "host_cancelled": Purpose.HOSTING,
    "approval_wanted": Purpose.APPROVALS,
    "approval_lapses": Purpose.APPROVALS,
    "digest": Purpose.DIGEST,
    "webhook_disabled": Purpose.PROBLEMS,
}
"""Kinds that can be declined; every other tells somebody of their own booking."""


def purpose_of(kind: str) -> Purpose:
    """What a kind is for."""
    return PURPOSES.get(kind, Purpose.BOOKING)


def unsubscribe_url(context: ComposeContext, org_id: UUID, one: Notification) -> str | None:
    """The address that declines what a notification is for; None where it cannot be declined."""
    if purpose_of(one.kind) is Purpose.BOOKING:
        return None
    return f"{context.base_url}/unsubscribe/{unsubscribe_token(context.tokens.sign, org_id, one.id)}"
