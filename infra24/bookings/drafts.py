"""The booking that a request would make, before anyone or anything is claimed for it."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from infra24 import resources
from infra24.bookings.model import BookerDetails, Booking, Participant
from infra24.bookings.requests import BookingRequest
from infra24.bookings.requirements import first_status
from infra24.bookings.states import BookingKind, ParticipantRole, Status
from infra24.db import Tx
from infra24.errors import Message, ValidationFailed
from infra24.resources import Offer
from infra24.sms import InvalidNumber, region_of, to_e164


def read_booker(offer: Offer, person: BookerDetails) -> list[dict[str, Any]]:
    """The answers of whoever books. Raises ValidationFailed for what is wrong or missing."""
    if offer.resource.meets == "phone" and not person.phone:
        raise ValidationFailed({"phone": Message("give the number at which we can call you")})
    if person.wants_texts:
        try:
            to_e164(person.phone, region_of(offer.rules.zone.key))
        except InvalidNumber as wrong:
            raise ValidationFailed({"phone": wrong.message}) from None
    return resources.read_answers(offer.resource.questions, person.answers or {})


def draft_booking(
    tx: Tx, request: BookingRequest, offer: Offer, now: datetime, status: Status = Status.CONFIRMED
) -> Booking:
    """The booking that a request would make of an offer; its meeting link is still the template.

    Raises ValidationFailed for wrong or missing answers, of those who are asked.
    """
    person, holding = request.person or BookerDetails("", ""), status is Status.HOLD
    asked = request.person is not None and request.policy.questions
    return Booking(
        org_id=tx.org_id,
        id=uuid4(),
        status=status if holding else first_status(offer, request.policy),
        starts_at=request.starts_at,
        ends_at=request.ends_at,
        expires_at=now + timedelta(minutes=offer.rules.hold_minutes) if holding else None,
        created_at=now,
        updated_at=now,
        answers=read_booker(offer, person) if asked else [],
        choice=request.choice.as_json(),
        link_id=request.link_id,
        participants=(_booker(person),) if request.person else (),
        **_terms(offer),
        **_details(person),
        **_NOTHING_YET,
    )


def _terms(offer: Offer) -> dict[str, Any]:
    """What the offer says of it, as it is now."""
    resource, rules = offer.resource, offer.rules
    return {
        "resource_id": resource.id,
        "resource_title": resource.title,
        "time_zone": rules.zone.key,
        "meeting_url": resource.meeting_url,
        "price": resource.prices.get("public", resource.price),
        "currency": resource.currency,
        "location": resource.place,
        "cancel_notice_minutes": rules.cancel_notice_minutes,
        "reschedule_notice_minutes": rules.reschedule_notice_minutes,
    }


def _details(person: BookerDetails) -> dict[str, Any]:
    return {
        "booker_name": person.name,
        "booker_email": person.email,
        "goal_text": person.goal_text,
        "consent_recording": person.consent_recording,
        "locale": person.locale,
        "phone": person.phone,
        "location_details": person.location_details,
        "wants_texts": person.wants_texts,
        "booker_zone": person.zone,
    }


def _booker(person: BookerDetails) -> Participant:
    return Participant(ParticipantRole.BOOKER, person.name, person.email)


_NOTHING_YET: dict[str, Any] = {
    "kind": BookingKind.APPOINTMENT,
    "revision": 0,
    "end_kind": None,
    "ended_by": None,
    "end_reason": "",
    "claim_count": None,
    "series_id": None,
    "series_at": None,
    "is_exception": False,
    "local_start": None,
    "request_expires_at": None,
    "notes": "",
}
