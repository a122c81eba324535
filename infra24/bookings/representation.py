"""A booking as plain values for JSON, and the addresses of its holder: for the API and for webhooks."""

from typing import Any

from infra24.bookings.model import Booking


def represent(booking: Booking) -> dict[str, Any]:
    """A booking as its holder and the staff see it."""
    return {
        "id": booking.id,
        "org_id": booking.org_id,
        "resource_id": booking.resource_id,
        "title": booking.resource_title,
        "reference": booking.reference,
        "status": booking.status.value,
        "start_time": booking.starts_at,
        "end_time": booking.ends_at,
        "timezone": booking.time_zone,
        "artist_name": booking.booker_name,
        "artist_email": booking.booker_email,
        "goal_text": booking.goal_text,
        "consent_recording": booking.consent_recording,
        "location": booking.location,
        "meeting_url": booking.meeting_url,
        "price": booking.price,
        "currency": booking.currency,
        "participants": [{"role": p.role, "name": p.name, "email": p.email} for p in booking.participants],
        "expires_at": booking.expires_at,
        "cancellable_until": booking.cancellable_until(),
        "reschedulable_until": booking.reschedulable_until(),
        "cancellation": _cancellation(booking),
        "phone": booking.phone,
        "wants_texts": booking.wants_texts,
        "location_details": booking.location_details,
        "answers": booking.answers,
        "series_id": booking.series_id,
        "is_exception": booking.is_exception,
        "created_at": booking.created_at,
        "updated_at": booking.updated_at,
    }


def holder_links(base_url: str, token: str) -> dict[str, str]:
    """Where the holder of a booking's token sees and changes it."""
    return {
        "confirmation": f"{base_url}/bookings/confirmation/{token}",
        "manage": f"{base_url}/api/booking/manage?token={token}",
        "reschedule": f"{base_url}/bookings/reschedule/{token}",
        "cancel": f"{base_url}/bookings/cancel/{token}",
        "ics": f"{base_url}/api/bookings/{token}/ics",
    }


def _cancellation(booking: Booking) -> dict[str, Any] | None:
    """How a cancelled booking ended, who ended it, and why."""
    if booking.end_kind is None:
        return None
    return {"kind": booking.end_kind, "by": booking.ended_by, "reason": booking.end_reason}
