"""Adding, changing, disabling and deleting webhook endpoints, and giving them another secret."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from infra24 import events, org_connections
from infra24.auth import SecretBox
from infra24.db import Tx
from infra24.errors import Message, ValidationFailed
from infra24.events import EventType
from infra24.outbound import Network, is_allowed_url, leads_inside
from infra24.webhooks import endpoint_queries, queries, signing
from infra24.webhooks.events import DISABLED
from infra24.webhooks.model import (
    MOST_ENDPOINTS,
    DisabledReason,
    Endpoint,
    EndpointDraft,
    Payload,
    Secret,
    TooManyEndpoints,
    UnknownEndpoint,
)

KIND = "webhook"
"""The kind of the connection that keeps an endpoint's secret."""
_LABEL = "webhook signing secret"

Catalogue = Mapping[str, EventType]


async def create(
    tx: Tx,
    seals: SecretBox,
    draft: EndpointDraft,
    catalogue: Catalogue,
    *,
    allowed: Sequence[Network],
    now: datetime,
) -> tuple[Endpoint, str]:
    """A new endpoint, and its secret, which is shown this once.

    Raises ValidationFailed and TooManyEndpoints.
    """
    draft = _checked(draft, catalogue, allowed)
    if await endpoint_queries.count(tx) >= MOST_ENDPOINTS:
        raise TooManyEndpoints()
    secret = Secret(signing.new_secret())
    made = await org_connections.connect(tx, seals, KIND, _LABEL, {}, secret.stored(), now)
    await endpoint_queries.insert(tx, made.id, draft, now)
    return await get(tx, made.id), secret.current


async def change(
    tx: Tx,
    id_: UUID,
    draft: EndpointDraft,
    catalogue: Catalogue,
    *,
    allowed: Sequence[Network],
    now: datetime,
) -> Endpoint:
    """Another address, other types, another payload. A new address begins without the failures of the former.

    Raises UnknownEndpoint and ValidationFailed.
    """
    await queries.lock(tx, id_)
    before, checked = await get(tx, id_), _checked(draft, catalogue, allowed)
    await endpoint_queries.update(tx, id_, checked, now)
    if checked.url != before.url:
        await tx.run_together(
            [queries.retry_now(tx.org_id, id_, now), queries.set_queue(tx.org_id, id_, 0, None, None)]
        )
    return await get(tx, id_)


async def rotate_secret(tx: Tx, seals: SecretBox, id_: UUID, now: datetime) -> str:
    """A new secret, which is shown this once; messages are signed with former ones, too, for a day each.

    Raises UnknownEndpoint.
    """
    await get(tx, id_)
    former = Secret.read(await org_connections.secret_of(tx, seals, id_))
    secret = former.replaced(signing.new_secret(), now)
    await org_connections.change(tx, seals, id_, now=now, secret=secret.stored())
    return secret.current


async def enable(tx: Tx, id_: UUID, now: datetime) -> Endpoint:
    """Send it events again, from now on; what it missed can be replayed. Raises UnknownEndpoint."""
    await get(tx, id_)
    await queries.lock(tx, id_)
    await endpoint_queries.set_disabled(tx, id_, "", now)
    await tx.run_together([queries.set_queue(tx.org_id, id_, 0, None, None)])
    return await get(tx, id_)


async def pause(tx: Tx, id_: UUID, now: datetime) -> Endpoint:
    """Send it nothing until it is enabled again. Raises UnknownEndpoint."""
    await get(tx, id_)
    await disable(tx, id_, DisabledReason.PAUSED, now)
    return await get(tx, id_)


async def disable(tx: Tx, id_: UUID, reason: DisabledReason, now: datetime) -> None:
    """Send an endpoint nothing more, and give up what it has not got; that can be replayed.

    When it did so itself, an event says it, so that owners are told.
    """
    await queries.lock(tx, id_)
    if not await endpoint_queries.set_disabled(tx, id_, reason, now):
        return
    await tx.run_together(
        [
            queries.fail_open(tx.org_id, id_, "endpoint_disabled", now),
            queries.set_queue(tx.org_id, id_, 0, None, None),
        ]
    )
    if reason is not DisabledReason.PAUSED:
        endpoint = await get(tx, id_)
        events.record(tx, DISABLED, id_, {"url": endpoint.url, "reason": reason.value}, now)


async def delete(tx: Tx, id_: UUID) -> None:
    """Forget an endpoint, its secret and its deliveries. Raises UnknownEndpoint."""
    await get(tx, id_)
    await queries.lock(tx, id_)  # as whoever queues an event does, before what refers to it
    await org_connections.disconnect(tx, id_)


async def get(tx: Tx, id_: UUID) -> Endpoint:
    """One endpoint. Raises UnknownEndpoint."""
    found = await endpoint_queries.get(tx, id_)
    if found is None:
        raise UnknownEndpoint()
    return found


async def listed(tx: Tx) -> list[Endpoint]:
    """The organization's endpoints, the oldest first."""
    return await endpoint_queries.listed(tx)


def _checked(draft: EndpointDraft, catalogue: Catalogue, allowed: Sequence[Network]) -> EndpointDraft:
    """The draft with each type's version. Raises ValidationFailed."""
    problems: dict[str, Message] = {}
    scheme, colon, rest = draft.url.strip().partition(":")
    draft = replace(draft, url=f"{scheme.lower()}{colon}{rest}")
    if not is_allowed_url(draft.url, allow_http=bool(allowed)) or len(draft.url) > 2_000:
        problems["url"] = Message("must be an https:// address; leave out user names and #fragments")
    elif leads_inside(draft.url, allowed):
        problems["url"] = Message("is an address in a private network; use a public one")
    if len(draft.description) > 200:
        problems["description"] = Message("must be a text of at most %(most)s characters", most=200)
    if draft.payload not in set(Payload):
        problems["payload"] = Message("must be one of %(expected)s", expected="'full' or 'thin'")
    types = []
    for number, written in enumerate(dict.fromkeys(draft.event_types)):
        path, (name, _, version) = f"event_types[{number}]", written.partition("@")
        known = catalogue.get(name)
        if known is None:
            problems[path] = Message("is not a type of event; see the list in the API guide")
        elif version not in ("", str(known.version)):
            problems[path] = Message("has no such version; it is %(version)s", version=known.version)
        else:
            types.append(f"{name}@{known.version}")
    if problems:
        raise ValidationFailed(problems)
    return EndpointDraft(draft.url, draft.description.strip(), tuple(types), draft.payload)


def typed_names(event_types: list[str]) -> list[str]:
    """The names of types without their versions."""
    return [one.partition("@")[0] for one in event_types]
