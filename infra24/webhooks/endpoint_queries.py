"""The SQL of webhook endpoints."""

from datetime import datetime
from uuid import UUID

from infra24.db import Row, Statement, Tx
from infra24.webhooks.model import Endpoint, EndpointDraft, Payload


async def insert(tx: Tx, id_: UUID, draft: EndpointDraft, now: datetime) -> None:
    """An endpoint of the connection with the same id, and its empty queue."""
    await tx.run_together(
        [
            Statement(
                """
                INSERT INTO webhook_endpoints
                    (org_id, id, url, description, event_types, payload, created_at, updated_at)
                VALUES (%(org)s, %(id)s, %(url)s, %(description)s, %(types)s, %(payload)s, %(now)s, %(now)s)
                """,
                {
                    "org": tx.org_id,
                    "id": id_,
                    "url": draft.url,
                    "description": draft.description,
                    "types": list(draft.event_types),
                    "payload": draft.payload,
                    "now": now,
                },
            ),
            Statement(
                "INSERT INTO webhook_queues (org_id, endpoint_id) VALUES (%(org)s, %(id)s)",
                {"org": tx.org_id, "id": id_},
            ),
        ]
    )


async def update(tx: Tx, id_: UUID, draft: EndpointDraft, now: datetime) -> None:
    """Another address, other types, another payload."""
    await tx.run(
        """
        UPDATE webhook_endpoints
        SET url = %s, description = %s, event_types = %s, payload = %s, updated_at = %s
        WHERE org_id = %s AND id = %s
        """,
        (draft.url, draft.description, list(draft.event_types), draft.payload, now, tx.org_id, id_),
    )


async def set_disabled(tx: Tx, id_: UUID, reason: str, now: datetime) -> bool:
    """Disable an endpoint, or enable it with the reason ''; False where it is so already."""
    found = await tx.run(
        """
        UPDATE webhook_endpoints
        SET disabled_at = CASE WHEN %(reason)s <> '' THEN %(now)s::timestamptz END,
            disabled_reason = %(reason)s, updated_at = %(now)s
        WHERE org_id = %(org)s AND id = %(id)s AND (disabled_at IS NULL) = (%(reason)s <> '')
        """,
        {"org": tx.org_id, "id": id_, "reason": reason, "now": now},
    )
    return found == 1


async def get(tx: Tx, id_: UUID) -> Endpoint | None:
    """One endpoint."""
    row = await tx.row(
        """
        SELECT w.id, w.url, w.description, w.event_types, w.payload, w.disabled_at, w.disabled_reason,
            q.failures, q.failing_since, q.paused_until, w.created_at, w.updated_at
        FROM webhook_endpoints w JOIN webhook_queues q ON q.org_id = w.org_id AND q.endpoint_id = w.id
        WHERE w.org_id = %s AND w.id = %s
        """,
        (tx.org_id, id_),
    )
    return _endpoint(row) if row else None


async def listed(tx: Tx) -> list[Endpoint]:
    """The organization's endpoints, the oldest first."""
    rows = await tx.rows(
        """
        SELECT w.id, w.url, w.description, w.event_types, w.payload, w.disabled_at, w.disabled_reason,
            q.failures, q.failing_since, q.paused_until, w.created_at, w.updated_at
        FROM webhook_endpoints w JOIN webhook_queues q ON q.org_id = w.org_id AND q.endpoint_id = w.id
        WHERE w.org_id = %s ORDER BY w.created_at, w.id
        """,
        (tx.org_id,),
    )
    return [_endpoint(row) for row in rows]


async def count(tx: Tx) -> int:
    """How many endpoints the organization has."""
    row = await tx.row("SELECT count(*) FROM webhook_endpoints WHERE org_id = %s", (tx.org_id,))
    return int(row[0]) if row else 0


def _endpoint(row: Row) -> Endpoint:
    id_, url, description, types, payload, *rest = row
    return Endpoint(id_, url, description, types, Payload(payload), *rest)
