"""Reading the audit a page at a time."""

from infra24.audit import queries
from infra24.audit.model import Entry, Filters
from infra24.db import Tx, like_pattern

_END = 2**62
_KINDS = ("user", "key", "booker", "visitor", "system")


async def page(tx: Tx, filters: Filters, *, before: int | None = None, limit: int = 50) -> list[Entry]:
    """The newest entries first, at most 500, from before a place on: one statement."""
    return await queries.page(
        tx,
        {
            "before": before or _END,
            "subject": filters.subject,
            "subject_id": filters.subject_id,
            "actor": _like(filters.actor),
            "kind": filters.actor if filters.actor in _KINDS else None,
            "text": _like(filters.text),
            "since": filters.since,
            "until": filters.until,
            "limit": min(limit, 500),
        },
    )


def _like(text: str | None) -> str | None:
    return like_pattern(text) if text else None
