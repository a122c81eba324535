"""Bookings and resources as JSON."""

from collections.abc import Sequence
from typing import Any

from infra24 import bookings, resources
from infra24.bookings import AffectedBooking, Booking
from infra24.people import Scope
from infra24.resources import Resource, ResourceIndex
from infra24.web.caller import Caller
from infra24.web.services import Services


def made_view(app: Services, booking: Booking) -> dict[str, Any]:
    """A booking for whoever just made it: with the token that opens it, and where its holder goes."""
    token = app.tokens.of(booking.org_id, booking.id)
    return {
        **bookings.represent(booking),
        "token": token,
        "links": bookings.holder_links(app.settings.base_url, token),
    }


def broken_views(broken: Sequence[AffectedBooking], who: Caller) -> list[dict[str, Any]]:
    """Bookings that stand where nobody is open, and why.

    Whoever only looks after the offers is told that there is one, when, and of what, not whose.
    """
    full = who.may(Scope.BOOKINGS_READ)
    views = []
    for one in broken:
        view = bookings.represent(one.booking)
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
