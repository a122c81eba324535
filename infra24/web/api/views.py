"""Bookings and resources as JSON."""

from collections.abc import Sequence
from typing import Any

from infra24 import resources
from infra24.bookings import AffectedBooking, Booking
from infra24.people import Scope
from infra24.resources import Resource, ResourceIndex
from infra24.web.caller import Caller
from infra24.web.services import Services


def booking_view(booking: Booking) -> dict[str, Any]:
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
        "location_details": booking.location_details,
        "answers": booking.answers,
        "series_id": booking.series_id,
        "is_exception": booking.is_exception,
        "created_at": booking.created_at,
        "updated_at": booking.updated_at,
    }


def made_view(app: Services, booking: Booking) -> dict[str, Any]:
    """A booking for whoever just made it: with the token that opens it, and where its holder goes."""
    token = app.tokens.of(booking.org_id, booking.id)
    return {**booking_view(booking), "token": token, "links": links(app, token)}


def links(app: Services, token: str) -> dict[str, str]:
    """Where the holder of a token goes."""
    base = app.settings.base_url
    return {
        "confirmation": f"{base}/bookings/confirmation/{token}",
        "manage": f"{base}/api/booking/manage?token={token}",
        "reschedule": f"{base}/bookings/reschedule/{token}",
        "cancel": f"{base}/bookings/cancel/{token}",
        "ics": f"{base}/api/bookings/{token}/ics",
    }


def broken_views(broken: Sequence[AffectedBooking], who: Caller) -> list[dict[str, Any]]:
    """Bookings that stand where nobody is open, and why.

    Whoever only looks after the offers is told that there is one, when, and of what, not whose.
    """
    full = who.may(Scope.BOOKINGS_READ)
    views = []
    for one in broken:
        view = booking_view(one.booking)
        told = [{"code": r.code, "sentence": r.sentence, "detail": r.private if full else ""}
                for r in one.reasons]  # fmt: skip
        views.append({**(view if full else {name: view[name] for name in _NOBODYS}), "reasons": told})
    return views


_NOBODYS = ("id", "resource_id", "title", "reference", "status", "start_time", "end_time", "timezone")


def resource_view(resource: Resource, directory: ResourceIndex | None = None) -> dict[str, Any]:
    """A resource as anybody may see it; with the directory of its organization, as the staff do."""
    view: dict[str, Any] = {
        "id": resource.id,
        "org_id": resource.org_id,
        "slug": resource.slug,
        "type": resource.type,
        "title": resource.title,
        "description": resource.description,
        "category": resource.category,
        "capacity": resource.capacity,
        "price": resource.price,
        "currency": resource.currency,
        "location": resource.location,
        "address": resource.address,
        "requirements": resource.requirements,
        "is_bookable": resource.is_bookable,
        "tags": resource.tags,
        "questions": resource.questions,
        "prices": resource.prices,
        "meets": resource.meets,
    }
    if directory is not None:
        draft = resources.draft_of(resource, directory)
        view |= {
            "layouts": draft.layouts,
            "parts": draft.parts,
            "excludes": draft.excludes,
            "needs": draft.needs,
            "layout": draft.layout,
            "email": resource.email,
            "meeting_url": resource.meeting_url,
            "metadata": resource.metadata,
            "availability_rules": resource.availability_rules,
            "is_active": resource.is_active,
            "version": resource.version,
        }
    return view


def _cancellation(booking: Booking) -> dict[str, Any] | None:
    """How a cancelled booking ended, who ended it, and why."""
    if booking.end_kind is None:
        return None
    return {"kind": booking.end_kind, "by": booking.ended_by, "reason": booking.end_reason}
