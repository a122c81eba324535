"""A notification, its states, and what a composer answers."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from infra24.mail import ComposeContext, Email


class Channel(StrEnum):
    """How a person is reached."""

    EMAIL = "email"
    SMS = "sms"


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


class Suppressed(Exception):
    """A notification is not sent: it is no longer true, or not wanted. Its text says why, for staff."""


ComposeNotification = Callable[[ComposeContext, UUID, Notification], Awaitable[Email]]
"""Composes one notification of an organization from what is true now. Raises Suppressed."""

NotificationComposers = Mapping[str, ComposeNotification]
"""Kind of notification → its composer. A kind, once used, stays: queued rows refer to it."""
