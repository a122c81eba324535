"""What the webhooks API answers."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from infra24.webhooks import DeliveryState, Payload


class WebhookView(BaseModel):
    """A webhook endpoint."""

    id: UUID = Field(description="The endpoint's id.")
    url: str = Field(description="Where events are sent.")
    description: str = Field(description="What it is for.")
    event_types: list[str] = Field(description="The types that are sent, with versions; none: every type.")
    payload: Payload = Field(description="full: the facts, and the booking with its links. thin: ids only.")
    is_enabled: bool = Field(description="Whether events are sent.")
    disabled_at: datetime | None = Field(description="Since when none are sent.")
    disabled_reason: Literal["", "paused", "gone", "failing"] = Field(
        description="Why: somebody paused it, it answered 410 Gone, or failed for three days."
    )
    failing_since: datetime | None = Field(description="Since when nothing has got through.")
    created_at: datetime = Field(description="When it was added.")
    updated_at: datetime = Field(description="When it was changed last.")


class WebhookList(BaseModel):
    """The endpoints of an organization."""

    webhooks: list[WebhookView] = Field(description="The endpoints, the oldest first.")


class NewWebhookView(WebhookView):
    """An endpoint that was just added."""

    secret: str = Field(description="The secret that signs its messages: shown this once.")


class NewSecretView(BaseModel):
    """A secret that was just replaced."""

    secret: str = Field(description="The new secret: shown this once.")
    former_valid_until: datetime = Field(description="Until when messages are signed with the former, too.")


class WebhookDeliveryView(BaseModel):
    """A message to an endpoint."""

    id: UUID = Field(description="The delivery's id.")
    message_id: str = Field(description="The webhook-id header: the same each time it is sent.")
    event_type: str = Field(description="The type of its event, or test.")
    seq: int | None = Field(description="The event's place in the organization's sequence; none for a test.")
    subject_id: UUID = Field(description="What it is about.")
    state: DeliveryState = Field(description="How far it is. waiting: an earlier one comes first.")
    reason: str = Field(description="Why the last attempt failed, such as status_500 or unreachable.")
    attempts: int = Field(description="How often it was tried.")
    next_attempt_at: datetime | None = Field(description="When it is tried next.")
    created_at: datetime = Field(description="When it happened.")
    done_at: datetime | None = Field(description="When it was delivered or given up.")


class WebhookDeliveryPage(BaseModel):
    """Deliveries of an endpoint."""

    deliveries: list[WebhookDeliveryView] = Field(description="The deliveries, the newest first.")
    next: UUID | None = Field(description="Send it as `cursor` for the next page; none: this was the last.")


class WebhookAttemptView(BaseModel):
    """One request to an endpoint."""

    attempted_at: datetime = Field(description="When it was made.")
    status: int | None = Field(description="The HTTP status of the answer; none: there was no answer.")
    error: str = Field(description="Why there was no answer.")
    answer: str = Field(description="The first 4,000 bytes of the answer.")
    duration_ms: int = Field(description="How many milliseconds it took.")


class WebhookDeliveryDetails(WebhookDeliveryView):
    """A delivery with what was sent and answered."""

    body: str | None = Field(description="The body without a booking's links; none before the first try.")
    log: list[WebhookAttemptView] = Field(description="The requests, the newest first.")


class ReplayedView(BaseModel):
    """What is sent again."""

    queued: int = Field(description="How many messages are sent.")
