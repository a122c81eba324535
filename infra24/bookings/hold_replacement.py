"""Replace a visitor's hold by another."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from infra24.auth.tokens import Tokens
from infra24.bookings import creation, ending, lookup
from infra24.bookings.clients import lock_client
from infra24.bookings.model import Booking
from infra24.bookings.requests import BookingRequest
from infra24.db import Tx


async def hold_instead(
    tx: Tx, earlier: UUID | None, request: BookingRequest, *, tokens: Tokens, now: datetime
) -> Booking:
    """Hold a time in place of the hold `earlier`, if there is one.

    It stays when another request of the client has confirmed it meanwhile.

    A request without a length is for the shortest on offer. Raises what `hold` raises; the transaction is
    then rolled back, and the earlier hold stays.
    """
    await lock_client(tx, request.client)
    if earlier is not None:
        await ending.release(tx, earlier, request.policy, now=now)
    if not request.length:
        _, seconds, _ = await lookup.slots(tx, request.resource_id, (now, now), None, now)
        request = replace(request, ends_at=request.starts_at + timedelta(seconds=seconds))
    return await creation.hold(tx, request, tokens=tokens, now=now)
