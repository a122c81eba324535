"""A notification, its states, and what a composer answers."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from infra24.channels import Channel
from infra24.mail import ComposeContext, Email
from infra24.sms import Sms

LATE_AFTER = timedelta(minutes=10)
"""How long a message may be overdue before somebody is told that none is sent."""


class State(StrEnum):
    """What became of a notification. `delivered` is what a provider reported after `sent`."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    SUPPRESSED = "suppressed"


@dataclass(frozen=True, slots=True)
class Notification:
    """One message to one person by one channel; `facts` are what it must still be true of."""

    id: UUID
    kind: str
    channel: Channel
    recipient: str
    booking_id: UUID | None
    facts: Mapping[str, Any]
    attempts: int
    planned_at: datetime


@dataclass(frozen=True, slots=True)
class NewNotification:
    """A notification to queue. `once` says what makes it the same one: queued again, nothing happens.

    `at` None: as soon as it is committed.
    """

    kind: str
    recipient: str
    once: str
    booking_id: UUID | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    channel: Channel = Channel.EMAIL
    at: datetime | None = None


class SuppressionReason(StrEnum):
    """Why a notification is not sent."""

    CHANGED = "changed"
    MOVED = "moved"
    OVER = "over"
    TOO_LATE = "too_late"
    NOTHING_BOOKED = "nothing_booked"
    DECLINED = "declined"
    BLOCKED = "blocked"
    NO_SENDER = "no_sender"
    SWITCHED_OFF = "switched_off"


class Suppressed(Exception):
    """A notification is not sent: it is no longer true, or not wanted."""

    def __init__(self, reason: SuppressionReason) -> None:
        self.reason = reason
        super().__init__(reason)


class Postponed(Exception):
    """A notification is not sent now, but at another time: people sleep."""

    def __init__(self, until: datetime) -> None:
        self.until = until
        super().__init__(until)


@dataclass(frozen=True, slots=True)
class SentNotification:
    """A notification as staff see it: what came of it, and why."""

    kind: str
    channel: Channel
    recipient: str
    state: State
    reason: str
    planned_at: datetime
    done_at: datetime | None
    subject: str


@dataclass(frozen=True, slots=True)
class FailedNotification:
    """A notification that was given up, and why."""

    id: UUID
    kind: str
    recipient: str
    booking_id: UUID | None
    reason: str
    failed_at: datetime


ComposeNotification = Callable[[ComposeContext, UUID, Notification], Awaitable[Email | Sms]]
"""Composes one notification of an organization from what is true now. Raises Suppressed and
Postponed."""

NotificationComposers = Mapping[str, ComposeNotification]
"""Kind of notification → its composer. A kind, once used, stays: queued rows refer to it."""
