"""Approval in letters: those who may decide are asked, and whoever asked hears what was decided."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from infra24 import bookings, mail, organizations, people
from infra24.bookings import Booking, By
from infra24.db import Tx
from infra24.events import Recorded
from infra24.i18n import speech
from infra24.mail import Desk, Letter, Writers, write
from infra24.people import SCOPES, Scope


async def ask_approvers(tx: Tx, recorded: Recorded) -> None:
    """A letter to each member who may approve, when a booking waits for it."""
    if recorded.event.data.get("status") != "pending":
        return
    for member in await people.members(tx):
        if Scope.BOOKINGS_APPROVE in SCOPES[member.role]:
            mail.post(
                tx, "approval_wanted", org=tx.org_id, booking=recorded.event.subject_id, user=member.user_id
            )


async def tell_booker(tx: Tx, recorded: Recorded) -> None:
    """A letter to whoever asked: approved, declined, or nobody decided in time."""
    mail.post(tx, "booking_decided", org=tx.org_id, booking=recorded.event.subject_id)


async def tell_cancelled(tx: Tx, recorded: Recorded) -> None:
    """A letter to whoever booked, when the staff cancelled: with the reason that was given."""
    if recorded.event.data.get("by") == By.STAFF:
        mail.post(tx, "booking_cancelled", org=tx.org_id, booking=recorded.event.subject_id)


async def _approval_wanted(desk: Desk, facts: dict[str, Any]) -> Letter | None:
    org_id, booking_id = UUID(facts["org"]), UUID(facts["booking"])
    async with desk.database.transaction(org_id) as tx:
        here = await organizations.get(tx)
        member = await people.member(tx, UUID(facts["user"]))
        booking = await bookings.get(tx, booking_id)
    if member is None or booking.status != "pending" or booking.ends_at < desk.now:
        return None
    return write(
        "approval_wanted",
        member.email,
        here.locale.partition("_")[0],
        title=booking.resource_title,
        when=_when(booking, here.locale),
        who=booking.booker_name,
        link=f"{desk.base_url}/{here.slug}/bookings/{booking.id}",
    )


async def _booking_decided(desk: Desk, facts: dict[str, Any]) -> Letter | None:
    return await _to_booker(desk, facts, "booking_decided")


async def _booking_cancelled(desk: Desk, facts: dict[str, Any]) -> Letter | None:
    return await _to_booker(desk, facts, "booking_cancelled")


async def _to_booker(desk: Desk, facts: dict[str, Any], kind: str) -> Letter | None:
    org_id, booking_id = UUID(facts["org"]), UUID(facts["booking"])
    async with desk.database.transaction(org_id) as tx:
        booking = await bookings.get(tx, booking_id)
        here = await organizations.get(tx)
    told = booking.status in ("confirmed", "cancelled") and booking.booker_email
    if not told or booking.ends_at < desk.now:
        return None
    reason = booking.cancelled_because if booking.cancelled_because != "lapsed" else ""
    locale = booking.locale or here.locale
    return write(
        kind,
        booking.booker_email,
        locale.partition("_")[0],
        title=booking.resource_title,
        when=_when(booking, locale),
        approved=booking.status == "confirmed",
        reason=reason or "",
        link=f"{desk.base_url}/bookings/confirmation/{desk.tokens.of(org_id, booking.id)}",
    )


def _when(booking: Booking, locale: str) -> str:
    zone = ZoneInfo(booking.time_zone)
    return speech(locale.partition("_")[0], locale).moment(booking.starts_at, zone)


LETTERS: Writers = {
    "approval_wanted": _approval_wanted,
    "booking_decided": _booking_decided,
    "booking_cancelled": _booking_cancelled,
}
