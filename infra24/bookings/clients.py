"""What one client may keep and make in an organization: counted under a lock, for no constraint sees a count.

A client is locked before anything else that placing a booking locks, so that nobody waits in a circle.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from infra24.bookings import client_queries as queries
from infra24.bookings.states import Status
from infra24.db import Tx
from infra24.rate_limits import CLIENT_QUOTAS, Client, TooManyBookings, TooManyHolds, TooManyPending

CLIENTS_KEPT = timedelta(days=91)
"""For so long it is known as whom a booking was counted: longer than any waits for approval."""
_HOUR = 3_600.0
_DAY = timedelta(days=1)


async def lock_client(tx: Tx, client: Client | None, email: str = "") -> None:
    """Let one client, and one e-mail, place one booking at a time: before anything else is locked."""
    if client is not None:
        await queries.lock(tx, client.key, email)


async def check_client(
    tx: Tx, client: Client | None, status: Status, email: str, now: datetime, count: int = 1
) -> None:
    """Lock a client, who wants so many holds or bookings. Nobody is limited who may book for others.

    Requests under one e-mail are counted together, whoever sends them, unless the client has proved that it
    is theirs: nobody uses up what someone else may ask for. Raises TooManyHolds, TooManyPending (of the
    client or the e-mail) and TooManyBookings.
    """
    if client is None:
        return
    waits = status is Status.PENDING
    if client.email and client.email == email.lower():
        email = ""
    holds, expires_at, made, made_at, settings = await queries.lock_and_count(
        tx, client.key, email if waits else "", now
    )

    def most(name: str) -> int:
        return limit_of(settings, name) * client.times

    if status is Status.HOLD:
        if holds + count > most("holds_at_once"):
            raise TooManyHolds("holds_at_once", _seconds((expires_at or now) - now))
        return
    if waits and await queries.pending(tx, client.key, email) + count > most("pending_at_once"):
        raise TooManyPending("pending_at_once", _HOUR)
    if made + count > most("bookings_a_day"):
        raise TooManyBookings("bookings_a_day", _seconds((made_at or now) + _DAY - now))


def note_client(tx: Tx, client: Client | None, booking_ids: Sequence[UUID], now: datetime) -> None:
    """Count these bookings as a client's, with the COMMIT."""
    if client is not None:
        tx.run_last(queries.note(tx, client.key, booking_ids, now))


async def forget_clients(tx: Tx, now: datetime) -> None:
    """Delete the links between clients and old bookings."""
    await queries.forget(tx, now - CLIENTS_KEPT)


def limit_of(settings: Mapping[str, Any], name: str) -> int:
    """What an organization's settings allow one client, or the usual."""
    return int(settings.get(name, CLIENT_QUOTAS[name].usual))


def _seconds(left: timedelta) -> float:
    return max(left.total_seconds(), 1.0)
