"""What decides about one start of an offer, locked where others could change it meanwhile."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from infra24 import resources
from infra24.availability import Reason
from infra24.availability.rules import Rules
from infra24.bookings.model import SlotNotOffered
from infra24.bookings.snapshots import AvailabilitySnapshot, load_snapshot
from infra24.db import Tx
from infra24.resources import ANYONE, HostPreference


async def load_start(
    tx: Tx,
    resource_id: UUID,
    start: datetime,
    length: timedelta,
    now: datetime,
    *,
    choice: HostPreference = ANYONE,
    ignoring: Sequence[UUID] = (),
    locked: bool = False,
) -> AvailabilitySnapshot:
    """What decides about one start. Where the rules count bookings, or `locked` asks for it, the members are
    locked first. Raises SlotNotOffered for what is no whole second and for a length that is not on offer."""
    if start.microsecond or length.microseconds:
        raise SlotNotOffered([Reason("outside_hours")])
    span = (start, start + timedelta(seconds=1))
    known = resources.cached_offer(tx, resource_id) or await resources.offer(tx, resource_id)
    if not known.restricted_to(choice).rules.offers(length):  # before anything of that length is looked at
        known = await resources.offer(tx, resource_id)
        check_length(known.restricted_to(choice).rules, length)
    if locked or known.restricted_to(choice).needs_serialization:
        await resources.lock(tx, known.to_lock)
    seen = await load_snapshot(tx, resource_id, span, length, now, choice=choice, ignoring=ignoring)
    if seen.offer.version != known.version and (locked or seen.offer.needs_serialization):
        await resources.lock(tx, (await resources.offer(tx, resource_id)).to_lock)
        seen = await load_snapshot(tx, resource_id, span, length, now, choice=choice, ignoring=ignoring)
    return seen


def check_length(rules: Rules, length: timedelta) -> None:
    """Raises SlotNotOffered for a length that the rules do not offer."""
    if not rules.offers(length):
        offered = ", ".join(map(str, rules.durations))
        minutes = int(length.total_seconds()) // 60
        raise SlotNotOffered([Reason("wrong_length", {"minutes": minutes, "offered": offered})])
