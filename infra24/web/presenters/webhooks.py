"""Webhooks as pages say them: how an endpoint does, what came of a delivery, and why."""

from infra24.errors import Message
from infra24.event_catalogue import EVENT_TYPES
from infra24.webhooks import Delivery, DeliveryState, DisabledReason, Endpoint

_SUBJECT_NAMES = {
    "booking": Message("Bookings"),
    "series": Message("Series"),
    "resource": Message("Resources and appointment types"),
    "booking_link": Message("Booking links"),
    "organization": Message("Organization"),
    "person": Message("People"),
    "webhook_endpoint": Message("Webhooks"),
}
SUBJECTS = [
    (_SUBJECT_NAMES[subject], [type_.name for type_ in EVENT_TYPES.values() if type_.subject == subject])
    for subject in _SUBJECT_NAMES
]
"""Types of events by what they are about."""

_DISABLED = {
    DisabledReason.PAUSED: Message("Paused"),
    DisabledReason.GONE: Message("Disabled: it answered 410 Gone"),
    DisabledReason.FAILING: Message("Disabled: it failed for three days"),
}
_STATES = {
    DeliveryState.WAITING: ("pending", Message("Waiting for an earlier one")),
    DeliveryState.QUEUED: ("pending", Message("Queued")),
    DeliveryState.SENDING: ("pending", Message("Sending")),
    DeliveryState.DELIVERED: ("confirmed", Message("Delivered")),
    DeliveryState.FAILED: ("cancelled", Message("Failed")),
}
_ERRORS = {
    "unreachable": Message("No answer"),
    "no_such_host": Message("Host not found"),
    "refused": Message("Connection refused"),
    "timed_out": Message("Timed out"),
    "tls": Message("TLS failed: check the certificate"),
    "address_forbidden": Message("The address is in a private network"),
    "endpoint_disabled": Message("The endpoint was disabled"),
    "not_composed": Message("The message could not be composed"),
}


def health(endpoint: Endpoint) -> tuple[str, Message]:
    """The badge of an endpoint."""
    if endpoint.disabled_reason:
        reason = DisabledReason(endpoint.disabled_reason)
        return ("completed" if reason is DisabledReason.PAUSED else "cancelled"), _DISABLED[reason]
    if endpoint.failures:
        return "pending", Message("Failing")
    return "confirmed", Message("Enabled")


def state(one: Delivery) -> tuple[str, Message]:
    """The badge of a delivery."""
    if one.state is DeliveryState.QUEUED and one.attempts:
        return "pending", Message("Retrying")
    return _STATES[one.state]


def reason(one: Delivery) -> Message | None:
    """Why the last attempt failed."""
    return reason_of(one.reason) if one.reason else None


def reason_of(reason: str) -> Message:
    """A reason as it is kept, for people."""
    status = reason.removeprefix("status_")
    return result(int(status) if status.isdecimal() else None, reason)


def result(status: int | None, error: str) -> Message:
    """What one request came to."""
    if status is not None:
        return Message("Answered %(status)s", status=status)
    return _ERRORS.get(error, _ERRORS["unreachable"])
