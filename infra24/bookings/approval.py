"""Approval: a pending booking claims its time until someone decides, or nobody does for too long."""

from datetime import datetime
from uuid import UUID

from infra24.bookings import requirements
from infra24.bookings.model import Booking, DecisionNotAllowed, StaffOnly
from infra24.bookings.policy import BookingPolicy
from infra24.bookings.requirements import RequirementKind
from infra24.db import Tx


async def approve(tx: Tx, booking_id: UUID, policy: BookingPolicy, *, now: datetime) -> Booking:
    """Approve a pending booking: it is confirmed, unless something else is still required. Safe to repeat.

    Raises StaffOnly, DecisionNotAllowed and IllegalTransition.
    """
    if not policy.is_staff and not policy.decides:
        raise StaffOnly()
    if not policy.decides:
        raise DecisionNotAllowed()
    return await requirements.meet(tx, booking_id, RequirementKind.APPROVAL, now)
