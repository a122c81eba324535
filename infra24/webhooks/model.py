"""Endpoints of webhooks, deliveries to them, and why they are refused."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from infra24.errors import Conflict, NotFound
from infra24.events import Recorded

MOST_ENDPOINTS = 50
"""How many endpoints an organization can have: each event is sent to all that want it."""
RETRY_SECONDS = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 72_000)
"""The pauses after failed attempts, as the specification advises; with the last, three days are over."""
GIVE_UP_AFTER = timedelta(days=3)
"""A delivery that failed for so long is not tried again; an endpoint that failed for so long is disabled."""
FORMER_SECRET_VALID = timedelta(hours=24)
"""How long messages are signed with a former secret, too."""
_MOST_FORMER = 4
KEPT = timedelta(days=30)
"""How long deliveries are kept after they are done."""


class UnknownEndpoint(NotFound):
    """There is no such webhook endpoint. List the endpoints to find its id."""


class UnknownDelivery(NotFound):
    """There is no such delivery. Deliveries are kept for 30 days."""


class TooManyEndpoints(Conflict):
    """An organization can have 50 webhook endpoints. Delete one that is not needed."""


class EndpointDisabled(Conflict):
    """This endpoint is disabled. Enable it first."""


class Payload(StrEnum):
    """What a message carries: the facts and the booking, or ids only."""

    FULL = "full"
    THIN = "thin"


class DisabledReason(StrEnum):
    """Why an endpoint gets nothing."""

    PAUSED = "paused"
    GONE = "gone"
    FAILING = "failing"


class DeliveryState(StrEnum):
    """How far a delivery is. `waiting`: an earlier one about the same subject comes first."""

    WAITING = "waiting"
    QUEUED = "queued"
    SENDING = "sending"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class EndpointDraft:
    """An endpoint as it is asked for. No event types: every type, those to come too."""

    url: str
    description: str = ""
    event_types: tuple[str, ...] = ()
    payload: str = Payload.FULL


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where events are sent. `failing_since`: nothing has got through since then."""

    id: UUID
    url: str
    description: str
    event_types: list[str]
    payload: Payload
    disabled_at: datetime | None
    disabled_reason: str
    failures: int
    failing_since: datetime | None
    paused_until: datetime | None
    created_at: datetime
    updated_at: datetime

    @property
    def is_enabled(self) -> bool:
        """Whether events are sent to it."""
        return self.disabled_at is None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message to one endpoint; `seq` is the event's place, None for a test."""

    id: UUID
    endpoint_id: UUID
    message_id: str
    seq: int | None
    event_type: str
    subject_id: UUID
    body: str | None
    state: DeliveryState
    reason: str
    attempts: int
    due_at: datetime | None
    queued_at: datetime
    created_at: datetime
    done_at: datetime | None

    @property
    def is_done(self) -> bool:
        """Whether it was delivered or given up."""
        return self.done_at is not None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request to an endpoint: its status, or the error where there was no answer."""

    attempted_at: datetime
    status: int | None
    error: str
    answer: str
    duration_ms: int


@dataclass(frozen=True, slots=True)
class Secret:
    """What signs an endpoint's messages: the present secret, and former ones until they are over."""

    current: str
    former: tuple[tuple[str, datetime], ...] = ()

    def keys(self, now: datetime) -> list[str]:
        """Those that sign now, the present one first."""
        return [self.current, *(key for key, until in self.former if now < until)]

    def replaced(self, new: str, now: datetime) -> "Secret":
        """Another as the present one; those that are valid stay so for their day, four at most."""
        valid = [one for one in self.former if now < one[1]]
        return Secret(new, ((self.current, now + FORMER_SECRET_VALID), *valid)[:_MOST_FORMER])

    def stored(self) -> dict[str, str]:
        """As it is sealed."""
        former = [[key, until.isoformat()] for key, until in self.former]
        return {"current": self.current, "former": json.dumps(former)}

    @classmethod
    def read(cls, stored: Mapping[str, str]) -> "Secret":
        """From what was sealed."""
        former = json.loads(stored.get("former") or "[]")
        return cls(stored["current"], tuple((key, datetime.fromisoformat(until)) for key, until in former))


def read_delivery(row: Sequence[Any]) -> Delivery:
    """A delivery from its columns, in the order of the fields."""
    id_, endpoint_id, message, seq, event_type, subject_id, body, state, *rest = row
    return Delivery(id_, endpoint_id, message, seq, event_type, subject_id, body, DeliveryState(state), *rest)


def message_id(recorded: Recorded) -> str:
    """What identifies an event's message to every endpoint, however often it is sent."""
    return f"msg_{recorded.event.id.hex}"
