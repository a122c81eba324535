"""How a booking is ended before its time."""

from typing import Any

import pytest

from infra24 import bookings
from infra24.auth.tokens import Tokens
from infra24.bookings import Status
from infra24.db import Database
from infra24.errors import ValidationFailed
from tests.factories import STAFF, Shop, booking_request
from tests.serving import NOW


def test_a_reason_that_is_too_long_is_refused_and_not_cut(run: Any, shop: Shop, tokens: Tokens) -> None:
    async def scenario(database: Database) -> tuple[Status, str]:
        async with database.transaction(shop.org_id) as tx:
            made = await bookings.book(tx, booking_request(shop.ids["room"], NOW), tokens=tokens, now=NOW)
        async with database.transaction(shop.org_id) as tx:
            with pytest.raises(ValidationFailed) as refused:
                await bookings.cancel(tx, made.id, STAFF, now=NOW, reason="x" * 501)
            assert refused.value.errors == {"reason": "Write at most 500 characters"}
            assert (await bookings.get(tx, made.id)).status is Status.CONFIRMED
            ended = await bookings.cancel(tx, made.id, STAFF, now=NOW, reason="x" * 500)
            return ended.status, ended.end_reason

    assert run(scenario) == (Status.CANCELLED, "x" * 500)
