"""Purposes of messages, what a person chose of each, and addresses that are sent nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from infra24.channels import Channel
from infra24.errors import Invalid, NotFound


class NotDeclinable(Invalid):
    """E-mail about your own bookings cannot be turned off. You can turn off reminders."""


class UnknownSuppression(NotFound):
    """This address is not on the list: it was taken off."""


class Purpose(StrEnum):
    """What a message is for. `booking` is what somebody must know of their own booking: it cannot be declined
    by e-mail."""

    BOOKING = "booking"
    REMINDER = "reminder"
    HOSTING = "hosting"
    APPROVALS = "approvals"
    DIGEST = "digest"
    PROBLEMS = "problems"


_BY_DEFAULT: Mapping[tuple[Channel, Purpose], bool] = {
    (Channel.EMAIL, Purpose.BOOKING): True,
    (Channel.EMAIL, Purpose.REMINDER): True,
    (Channel.EMAIL, Purpose.HOSTING): True,
    (Channel.EMAIL, Purpose.APPROVALS): True,
    (Channel.EMAIL, Purpose.PROBLEMS): True,
    (Channel.SMS, Purpose.BOOKING): True,
    (Channel.SMS, Purpose.REMINDER): True,
}
"""What is sent to whoever said nothing. Texts are only queued for bookings whose booker asked for them."""


def is_wanted_by_default(channel: Channel, purpose: Purpose) -> bool:
    """Whether such messages are sent to whoever chose nothing."""
    return _BY_DEFAULT.get((channel, purpose), False)


class Source(StrEnum):
    """Where a person said what they want."""

    BOOKING = "booking"
    LINK = "link"
    ACCOUNT = "account"
    STAFF = "staff"


@dataclass(frozen=True, slots=True)
class Preference:
    """What one address wants of one purpose, and where that was said."""

    channel: Channel
    address: str
    purpose: Purpose
    wanted: bool
    source: Source


class SuppressionCause(StrEnum):
    """Why an address is sent nothing: it does not exist, its owner called our mail spam, texted STOP, or told
    somebody here."""

    BOUNCED = "bounced"
    COMPLAINED = "complained"
    STOPPED = "stopped"
    RECORDED = "recorded"


@dataclass(frozen=True, slots=True)
class Suppression:
    """An address that is sent nothing, since when and why. `recorded_by` is the member who wrote it down."""

    channel: Channel
    address: str
    reason: SuppressionCause
    note: str
    recorded_by: str
    created_at: datetime
