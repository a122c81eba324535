"""JSON answers, written once and fast."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
from fastapi import Response

from infra24 import bookings
from infra24.bookings import Booking, BookingRequest, SlotNotOffered, SlotTaken
from infra24.errors import DomainError
from infra24.web.services import Services

_WRITTEN = "%Y-%m-%dT%H:%M:%SZ"


def json_response(body: Any, status: int = 200) -> Response:
    """A JSON answer; instants end in Z."""
    return Response(orjson.dumps(body, option=orjson.OPT_UTC_Z), status, media_type="application/json")


def slot_views(starts: Sequence[int], length: int) -> list[orjson.Fragment]:
    """Free starts (seconds since 1970) as slots."""
    return [_slot(start, length) for start in starts]


@lru_cache(maxsize=100_000)
def _slot(start: int, length: int) -> orjson.Fragment:
    """One slot, already JSON: the same times are asked for again and again."""
    begins, ends = (datetime.fromtimestamp(at, UTC).strftime(_WRITTEN) for at in (start, start + length))
    return orjson.Fragment(f'{{"start":"{begins}","end":"{ends}","duration":{length // 60}}}')


async def add_alternatives(
    app: Services,
    org_id: UUID,
    refused: BookingRequest,
    refusal: DomainError,
    *,
    moving: Booking | None = None,
) -> None:
    """Give a refusal up to three times near the one refused, each of which can be booked as it is."""
    if not isinstance(refusal, SlotTaken | SlotNotOffered):
        return
    async with app.database.transaction(org_id) as tx:
        free = await bookings.nearest_starts(tx, refused, app.clock(), moving=moving)
    refusal.details["alternatives"] = [{"start": at, "end": at + free.length} for at in free.starts]
