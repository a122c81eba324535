"""E-mails about bookings: approvers are asked, bookers are told what was decided or cancelled."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from infra24 import bookings, mail, organizations, people
from infra24.bookings import ActorRole, Booking
from infra24.db import Tx
from infra24.events import Recorded
from infra24.i18n import locale_format
from infra24.mail import ComposeContext, Composers, Email, render
from infra24.people import SCOPES, Scope


async def notify_approvers(tx: Tx, recorded: Recorded) -> None:
    """Ask each member who may approve, when a booking is pending."""
    if recorded.event.data.get("status") != "pending":
        return
    for member in await people.memberships.listed(tx):
        if Scope.BOOKINGS_APPROVE in SCOPES[member.role]:
            mail.enqueue(
                tx, "approval_wanted", org=tx.org_id, booking=recorded.event.subject_id, user=member.user_id
            )


async def notify_booker(tx: Tx, recorded: Recorded) -> None:
    """Tell the booker: approved, declined, or nobody decided in time."""
    mail.enqueue(tx, "booking_decided", org=tx.org_id, booking=recorded.event.subject_id)


async def notify_cancelled(tx: Tx, recorded: Recorded) -> None:
    """Tell the booker when staff cancelled, with the reason that was given."""
    if recorded.event.data.get("by") == ActorRole.STAFF:
        mail.enqueue(tx, "booking_cancelled", org=tx.org_id, booking=recorded.event.subject_id)


async def _approval_wanted(context: ComposeContext, facts: dict[str, Any]) -> Email | None:
    org_id, booking_id = UUID(facts["org"]), UUID(facts["booking"])
    async with context.database.transaction(org_id) as tx:
        here = await organizations.get(tx)
        member = await people.memberships.find(tx, UUID(facts["user"]))
        booking = await bookings.get(tx, booking_id)
    if member is None or booking.status != "pending" or booking.ends_at < context.now:
        return None
    return render(
        "approval_wanted",
        member.email,
        here.locale.partition("_")[0],
        title=booking.resource_title,
        when=_when(booking, here.locale),
        who=booking.booker_name,
        link=f"{context.base_url}/{here.slug}/bookings/{booking.id}",
    )


async def _booking_decided(context: ComposeContext, facts: dict[str, Any]) -> Email | None:
    return await _to_booker(context, facts, "booking_decided")


async def _booking_cancelled(context: ComposeContext, facts: dict[str, Any]) -> Email | None:
    return await _to_booker(context, facts, "booking_cancelled")


async def _to_booker(context: ComposeContext, facts: dict[str, Any], kind: str) -> Email | None:
    org_id, booking_id = UUID(facts["org"]), UUID(facts["booking"])
    async with context.database.transaction(org_id) as tx:
        booking = await bookings.get(tx, booking_id)
        here = await organizations.get(tx)
    told = booking.status in ("confirmed", "cancelled") and booking.booker_email
    if not told or booking.ends_at < context.now:
        return None
    locale = booking.locale or here.locale
    return render(
        kind,
        booking.booker_email,
        locale.partition("_")[0],
        title=booking.resource_title,
        when=_when(booking, locale),
        approved=booking.status == "confirmed",
        reason=booking.end_reason,
        link=f"{context.base_url}/bookings/confirmation/{context.tokens.of(org_id, booking.id)}",
    )


def _when(booking: Booking, locale: str) -> str:
    zone = ZoneInfo(booking.time_zone)
    return locale_format(locale.partition("_")[0], locale).moment(booking.starts_at, zone)


COMPOSERS: Composers = {
    "approval_wanted": _approval_wanted,
    "booking_decided": _booking_decided,
    "booking_cancelled": _booking_cancelled,
}
