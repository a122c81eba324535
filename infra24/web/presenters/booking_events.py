"""What happened to a booking in a word or two, in the reader's language: on notices and in its history."""

from collections.abc import Callable


def happened(type_: str, _: Callable[[str], str]) -> str | None:
    """The word for a type of event; None for one that has none. `_` translates."""
    return {
        "booking.created": _("New booking"),
        "booking.requested": _("Waiting for approval"),
        "booking.confirmed": _("Confirmed"),
        "booking.rescheduled": _("Moved"),
        "booking.cancelled": _("Cancelled"),
        "booking.declined": _("Declined"),
        "booking.lapsed": _("Nobody decided in time"),
        "booking.no_show": _("No-show"),
        "booking.completed": _("Completed"),
        "booking.invitation_declined": _("Declined in their calendar"),
    }.get(type_)
