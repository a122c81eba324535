"""The webhooks API: endpoints, their secrets, the log of deliveries, and sending again."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Path, Query, Request, Response
from pydantic import Field

from infra24 import webhooks
from infra24.db import Tx
from infra24.errors import Message, ValidationFailed
from infra24.event_catalogue import EVENT_TYPES
from infra24.web.api.fields import Body, Instant, Org, PageSize, Text
from infra24.web.api.responses import json_response
from infra24.web.caller import caller_of, current_org
from infra24.web.services import Services, services
from infra24.webhooks import Delivery, DeliveryState, Endpoint, EndpointDraft

Url = Annotated[str, Field(max_length=2_000, description="Where events are sent: an https:// address.")]
Description = Annotated[Text, Field(description="What it is for.")]
EventTypes = Annotated[
    list[Annotated[str, Field(max_length=100)]],
    Field(
        max_length=100,
        description="The types that are sent, such as booking.created or booking.created@1; none: all.",
    ),
]
PayloadKind = Annotated[
    Literal["full", "thin"],
    Field(description="full: the facts, and the booking with its links. thin: ids only."),
]
EndpointId = Annotated[UUID, Path(description="The endpoint's id.")]
DeliveryId = Annotated[UUID, Path(description="The delivery's id.")]
_LEFT_OUT: Any = None


class NewWebhook(Body):
    """A webhook endpoint to add."""

    url: Url
    description: Description = ""
    event_types: EventTypes = Field(default_factory=list)
    payload: PayloadKind = "full"


class WebhookChange(Body):
    """What to change of an endpoint. What is left out stays."""

    url: Url = Field(default=_LEFT_OUT)
    description: Description = Field(default=_LEFT_OUT)
    event_types: EventTypes = Field(default=_LEFT_OUT)
    payload: PayloadKind = Field(default=_LEFT_OUT)
    is_enabled: Annotated[bool, Field(description="Whether events are sent.")] = Field(default=_LEFT_OUT)


class ReplayRange(Body):
    """Which events to send again."""

    since: Annotated[Instant, Field(description="Events from then on.")]
    until: Annotated[Instant | None, Field(description="Events before then; until now if left out.")] = None
    only_failed: Annotated[
        bool, Field(description="Only what failed or was never sent; false: what was delivered, too.")
    ] = True


async def list_webhooks(request: Request, org: Org) -> Response:
    """The webhook endpoints of the organization, the oldest first."""
    app, who = services(request), caller_of(request)
    async with app.database.transaction(current_org(request).id, who.actor) as tx:
        listed = await webhooks.listed(tx)
    return json_response({"webhooks": [_view(one) for one in listed]})


async def create_webhook(request: Request, org: Org, wanted: NewWebhook) -> Response:
    """Add an endpoint. The answer carries its signing secret, this once."""
    app, who = services(request), caller_of(request)
    draft = EndpointDraft(wanted.url, wanted.description, tuple(wanted.event_types), wanted.payload)
    allowed, now = app.settings.outbound_networks, app.clock()
    async with app.database.transaction(current_org(request).id, who.actor) as tx:
        made, secret = await webhooks.create(
            tx, app.auth.secret_box, draft, EVENT_TYPES, allowed=allowed, now=now
        )
    return json_response({**_view(made), "secret": secret}, 201)


async def read_webhook(request: Request, org: Org, id: EndpointId) -> Response:
    """One endpoint."""
    app, who = services(request), caller_of(request)
    async with app.database.transaction(current_org(request).id, who.actor) as tx:
        found = await webhooks.get(tx, id)
    return json_response(_view(found))


async def change_webhook(request: Request, org: Org, id: EndpointId, wanted: WebhookChange) -> Response:
    """Change an endpoint, disable or enable it. Disabling gives up what it has not got."""
    app, who = services(request), caller_of(request)
    async with app.database.transaction(current_org(request).id, who.actor) as tx:
        found = await _changed(tx, app, id, wanted.model_dump(exclude_unset=True))
    return json_response(_view(found))


async def _changed(tx: Tx, app: Services, id_: UUID, wanted: dict[str, Any]) -> Endpoint:
    found, now = await webhooks.get(tx, id_), app.clock()
    enabled = wanted.pop("is_enabled", found.is_enabled)
    if wanted:
        draft = EndpointDraft(
            wanted.get("url", found.url),
            wanted.get("description", found.description),
            tuple(wanted.get("event_types", found.event_types)),
            wanted.get("payload", found.payload),
        )
        found = await webhooks.change(
            tx, id_, draft, EVENT_TYPES, allowed=app.settings.outbound_networks, now=now
        )
    if enabled != found.is_enabled:
        found = await (webhooks.enable if enabled else webhooks.pause)(tx, id_, now)
    return found


async def delete_webhook(request: Request, org: Org, id: EndpointId) -> Response:
    """Delete an endpoint with its secret and its log."""
    app, who = services(request), caller_of(request)
    async with app.database.transaction(current_org(request).id, who.actor) as tx:
        found = await webhooks.get(tx, id)
        await webhooks.delete(tx, id)
    return json_response(_view(found))


async def rotate_webhook_secret(request: Request, org: Org, id: EndpointId) -> Response:
    """Replace the signing secret. For a day messages carry the signatures of both."""
    app, who, now = services(request), caller_of(request), services(request).clock()
    async with app.database.transaction(current_org(request).id, who.actor) as tx:
        secret = await webhooks.rotate_secret(tx, app.auth.secret_box, id, now)
    return json_response({"secret": secret, "former_valid_until": now + webhooks.FORMER_SECRET_VALID})


async def test_webhook(request: Request, org: Org, id: EndpointId) -> Response:
    """Send a test message to an endpoint."""
    app, who = services(request), caller_of(request)
    async with app.database.transaction(current_org(request).id, who.actor) as tx:
        made = await webhooks.test(tx, id, app.clock())
        found, _ = await webhooks.delivery(tx, id, made)
    return json_response(_delivery_view(found), 202)


async def list_webhook_deliveries(
    request: Request,
    org: Org,
    id: EndpointId,
    state: Annotated[DeliveryState | None, Query(description="Only deliveries in this state.")] = None,
    cursor: Annotated[UUID | None, Query(description="The `next` of the page before.")] = None,
    limit: PageSize = 50,
) -> Response:
    """The deliveries to an endpoint, the newest first. They are kept for 30 days."""
    app, who = services(request), caller_of(request)
    async with app.database.transaction(current_org(request).id, who.actor) as tx:
        found = await webhooks.deliveries(tx, id, state, cursor, limit)
    following = found[-1].id if len(found) == limit else None
    return json_response({"deliveries": [_delivery_view(one) for one in found], "next": following})


async def read_webhook_delivery(request: Request, org: Org, id: EndpointId, delivery: DeliveryId) -> Response:
    """One delivery with its body and the requests that were made for it."""
    app, who = services(request), caller_of(request)
    async with app.database.transaction(current_org(request).id, who.actor) as tx:
        found, attempts = await webhooks.delivery(tx, id, delivery)
    log = [
        {
            "attempted_at": one.attempted_at,
            "status": one.status,
            "error": one.error,
            "answer": one.answer,
            "duration_ms": one.duration_ms,
        }
        for one in attempts
    ]
    return json_response({**_delivery_view(found), "body": found.body, "log": log})


async def replay_webhook_delivery(
    request: Request, org: Org, id: EndpointId, delivery: DeliveryId
) -> Response:
    """Send a delivery again, with the same message id and body."""
    app, who = services(request), caller_of(request)
    async with app.database.transaction(current_org(request).id, who.actor) as tx:
        await webhooks.replay(tx, id, delivery, app.clock())
        found, _ = await webhooks.delivery(tx, id, delivery)
    return json_response(_delivery_view(found), 202)


async def replay_webhook(request: Request, org: Org, id: EndpointId, wanted: ReplayRange) -> Response:
    """Send the events of a time again: what failed or was never sent, or all of them."""
    app, who, now = services(request), caller_of(request), services(request).clock()
    until = wanted.until or now
    if until <= wanted.since:
        raise ValidationFailed({"until": Message("must be after since")})
    async with app.database.transaction(current_org(request).id, who.actor) as tx:
        count = await webhooks.replay_range(tx, id, wanted.since, until, now, only_failed=wanted.only_failed)
    return json_response({"queued": count}, 202)


def _view(one: Endpoint) -> dict[str, Any]:
    return {
        "id": one.id,
        "url": one.url,
        "description": one.description,
        "event_types": one.event_types,
        "payload": one.payload,
        "is_enabled": one.is_enabled,
        "disabled_at": one.disabled_at,
        "disabled_reason": one.disabled_reason,
        "failing_since": one.failing_since,
        "created_at": one.created_at,
        "updated_at": one.updated_at,
    }


def _delivery_view(one: Delivery) -> dict[str, Any]:
    return {
        "id": one.id,
        "message_id": one.message_id,
        "event_type": one.event_type,
        "seq": one.seq,
        "subject_id": one.subject_id,
        "state": one.state,
        "reason": one.reason,
        "attempts": one.attempts,
        "next_attempt_at": _next_attempt(one),
        "created_at": one.created_at,
        "done_at": one.done_at,
    }


def _next_attempt(one: Delivery) -> datetime | None:
    return one.due_at if one.state is DeliveryState.QUEUED else None
