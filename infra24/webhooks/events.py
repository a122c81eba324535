"""The events of webhooks themselves."""

from infra24.events import EventType, Field

DISABLED = EventType(
    "webhook_endpoint.disabled",
    "an endpoint gets nothing any more: it answered 410 Gone, or failed for three days",
    (Field("url", "its address"), Field("reason", "gone or failing")),
)
TYPES = (DISABLED,)
